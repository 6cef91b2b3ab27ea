using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Clawdex.SessionService.Storage.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class CreatePeople : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "people",
                columns: table => new
                {
                    user_id = table.Column<long>(type: "INTEGER", nullable: false),
                    role = table.Column<string>(type: "TEXT", nullable: false),
                    added_at = table.Column<long>(type: "INTEGER", nullable: false),
                    added_by = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_people", x => x.user_id);
                });

            migrationBuilder.CreateIndex(
                name: "ix_people_owner",
                table: "people",
                column: "role",
                unique: true,
                filter: "role = 'owner'");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "people");
        }
    }
}
