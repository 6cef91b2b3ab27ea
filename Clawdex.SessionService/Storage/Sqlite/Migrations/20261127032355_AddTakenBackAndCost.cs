using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Clawdex.SessionService.Storage.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class AddTakenBackAndCost : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_messages_session_id",
                table: "messages");

            migrationBuilder.AddColumn<long>(
                name: "cost_microdollars",
                table: "turns",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<long>(
                name: "taken_back_by",
                table: "messages",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "ix_messages_session_id",
                table: "messages",
                columns: new[] { "session_id", "id", "token_count", "taken_back_by" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_messages_session_id",
                table: "messages");

            migrationBuilder.DropColumn(
                name: "cost_microdollars",
                table: "turns");

            migrationBuilder.DropColumn(
                name: "taken_back_by",
                table: "messages");

            migrationBuilder.CreateIndex(
                name: "ix_messages_session_id",
                table: "messages",
                columns: new[] { "session_id", "id", "token_count" });
        }
    }
}
