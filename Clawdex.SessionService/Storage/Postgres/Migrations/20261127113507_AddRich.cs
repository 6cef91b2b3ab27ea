using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Clawdex.SessionService.Storage.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class AddRich : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<bool>(
                name: "rich",
                table: "sessions",
                type: "boolean",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "rich",
                table: "sessions");
        }
    }
}
