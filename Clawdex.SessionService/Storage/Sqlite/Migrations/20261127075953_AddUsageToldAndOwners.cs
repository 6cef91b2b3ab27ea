using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Clawdex.SessionService.Storage.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class AddUsageToldAndOwners : Migration
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

            migrationBuilder.AddColumn<string>(
                name: "owner",
                table: "turns",
                type: "TEXT",
                nullable: false,
                defaultValue: "");

            migrationBuilder.AddColumn<bool>(
                name: "stop_requested",
                table: "turns",
                type: "INTEGER",
                nullable: false,
                defaultValue: false);

            migrationBuilder.CreateTable(
                name: "gateways",
                columns: table => new
                {
                    id = table.Column<string>(type: "TEXT", nullable: false),
                    instance = table.Column<string>(type: "TEXT", nullable: false),
                    joined_at = table.Column<long>(type: "INTEGER", nullable: false),
                    steady_since = table.Column<long>(type: "INTEGER", nullable: false),
                    lives_until = table.Column<long>(type: "INTEGER", nullable: false),
                    dead = table.Column<bool>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_gateways", x => x.id);
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "gateways");

            migrationBuilder.DropColumn(
                name: "told_percent",
                table: "usage");

            migrationBuilder.DropColumn(
                name: "owner",
                table: "turns");

            migrationBuilder.DropColumn(
                name: "stop_requested",
                table: "turns");
        }
    }
}
