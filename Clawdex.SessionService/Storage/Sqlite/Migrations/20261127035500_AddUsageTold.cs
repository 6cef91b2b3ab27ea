using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Clawdex.SessionService.Storage.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class AddUsageTold : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<int>(
                name: "told_percent",
                table: "usage",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "told_percent",
                table: "usage");
        }
    }
}
