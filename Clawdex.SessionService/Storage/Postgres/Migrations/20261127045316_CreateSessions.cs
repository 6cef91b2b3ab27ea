using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace Clawdex.SessionService.Storage.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class CreateSessions : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "people",
                columns: table => new
                {
                    user_id = table.Column<long>(type: "bigint", nullable: false),
                    role = table.Column<string>(type: "text", nullable: false),
                    added_at = table.Column<long>(type: "bigint", nullable: false),
                    added_by = table.Column<long>(type: "bigint", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_people", x => x.user_id);
                });

            migrationBuilder.CreateTable(
                name: "sessions",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    session_key = table.Column<string>(type: "text", nullable: false),
                    channel = table.Column<string>(type: "text", nullable: false),
                    chat_id = table.Column<string>(type: "text", nullable: false),
                    model_override = table.Column<string>(type: "text", nullable: true),
                    message_count = table.Column<int>(type: "integer", nullable: false, defaultValue: 0),
                    token_correction = table.Column<double>(type: "double precision", nullable: false, defaultValue: 1.0),
                    version = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    inserted_at = table.Column<long>(type: "bigint", nullable: false),
                    updated_at = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_sessions", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "usage",
                columns: table => new
                {
                    day = table.Column<DateOnly>(type: "date", nullable: false),
                    user_id = table.Column<long>(type: "bigint", nullable: false),
                    tokens = table.Column<long>(type: "bigint", nullable: false),
                    told_percent = table.Column<int>(type: "integer", nullable: false, defaultValue: 0)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_usage", x => new { x.day, x.user_id });
                });

            migrationBuilder.CreateTable(
                name: "compactions",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    session_id = table.Column<long>(type: "bigint", nullable: false),
                    summary = table.Column<string>(type: "text", nullable: false),
                    token_count = table.Column<int>(type: "integer", nullable: false),
                    first_message_id = table.Column<long>(type: "bigint", nullable: false),
                    last_message_id = table.Column<long>(type: "bigint", nullable: false),
                    inserted_at = table.Column<long>(type: "bigint", nullable: false),
                    undone_at = table.Column<long>(type: "bigint", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_compactions", x => x.id);
                    table.ForeignKey(
                        name: "FK_compactions_sessions_session_id",
                        column: x => x.session_id,
                        principalTable: "sessions",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "messages",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false),
                    session_id = table.Column<long>(type: "bigint", nullable: false),
                    role = table.Column<string>(type: "text", nullable: false),
                    content = table.Column<string>(type: "text", nullable: false),
                    token_count = table.Column<int>(type: "integer", nullable: false),
                    source_id = table.Column<string>(type: "text", nullable: true),
                    inserted_at = table.Column<long>(type: "bigint", nullable: false),
                    taken_back_by = table.Column<long>(type: "bigint", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_messages", x => x.id);
                    table.ForeignKey(
                        name: "FK_messages_sessions_session_id",
                        column: x => x.session_id,
                        principalTable: "sessions",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "turns",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    session_id = table.Column<long>(type: "bigint", nullable: false),
                    source_id = table.Column<string>(type: "text", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    origin_message_id = table.Column<long>(type: "bigint", nullable: false),
                    reply_message_ids = table.Column<long[]>(type: "bigint[]", nullable: false),
                    finish_reason = table.Column<string>(type: "text", nullable: false),
                    error = table.Column<string>(type: "text", nullable: true),
                    detail = table.Column<string>(type: "text", nullable: true),
                    model = table.Column<string>(type: "text", nullable: true),
                    prompt_tokens = table.Column<int>(type: "integer", nullable: false),
                    completion_tokens = table.Column<int>(type: "integer", nullable: false),
                    user_id = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    tokens = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    cost_microdollars = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    trace_parent = table.Column<string>(type: "text", nullable: true),
                    detached = table.Column<bool>(type: "boolean", nullable: false),
                    detached_user_text = table.Column<string>(type: "text", nullable: true),
                    detached_answer_text = table.Column<string>(type: "text", nullable: true),
                    accepted_at = table.Column<long>(type: "bigint", nullable: false),
                    answered_at = table.Column<long>(type: "bigint", nullable: true),
                    settled_at = table.Column<long>(type: "bigint", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_turns", x => x.id);
                    table.ForeignKey(
                        name: "FK_turns_sessions_session_id",
                        column: x => x.session_id,
                        principalTable: "sessions",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "ix_compactions_session_id",
                table: "compactions",
                columns: new[] { "session_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_messages_session_id",
                table: "messages",
                columns: new[] { "session_id", "id", "token_count", "taken_back_by" });

            migrationBuilder.CreateIndex(
                name: "ix_messages_source_id",
                table: "messages",
                columns: new[] { "session_id", "source_id" },
                unique: true,
                filter: "source_id IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_people_owner",
                table: "people",
                column: "role",
                unique: true,
                filter: "role = 'owner'");

            migrationBuilder.CreateIndex(
                name: "ix_sessions_channel_chat_id",
                table: "sessions",
                columns: new[] { "channel", "chat_id" });

            migrationBuilder.CreateIndex(
                name: "ix_sessions_session_key",
                table: "sessions",
                column: "session_key",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_turns_open",
                table: "turns",
                column: "id",
                filter: "settled_at IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_turns_open_session_id",
                table: "turns",
                column: "session_id",
                filter: "settled_at IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_turns_source_id",
                table: "turns",
                columns: new[] { "session_id", "source_id" },
                unique: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "compactions");

            migrationBuilder.DropTable(
                name: "messages");

            migrationBuilder.DropTable(
                name: "people");

            migrationBuilder.DropTable(
                name: "turns");

            migrationBuilder.DropTable(
                name: "usage");

            migrationBuilder.DropTable(
                name: "sessions");
        }
    }
}
