using System.Globalization;
using Clawdex.SessionService.Storage;
using Clawdex.SessionService.Tests.Api;
using Clawdex.SessionService.Tests.Processes;
using Clawdex.Testing;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Clawdex.SessionService.Tests;

/// <summary>Who outgrows one machine takes the conversations along: all of them, or none.</summary>
public sealed class SqliteImportTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>5,000 messages, or what CLAWDEX_IMPORT_MESSAGES says; 100,000 take half a minute.</summary>
    private static int Messages { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("CLAWDEX_IMPORT_MESSAGES"), CultureInfo.InvariantCulture, out var count) ? count : 5000;

    private string Source => _directory["old.db"];

    private string Target => _directory["clawdex.db"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task All_that_is_in_the_file_is_in_the_server_and_the_conversation_goes_on()
    {
        await FillAsync();

        using (var import = ServiceProcess.Start(Target, "import", Source))
        {
            Assert.Equal(0, await import.WaitForExitAsync(Token));
            Assert.Contains($"messages: {Messages} rows, compared", import.Output, StringComparison.Ordinal);
        }

        foreach (var table in new[] { "sessions", "turns", "messages", "compactions", "people", "usage" })
            Assert.Equal(SourceRows($"SELECT count(*) FROM {table}"), TestDatabase.Rows(Target, $"SELECT count(*) FROM {table}"));
        Assert.Equal(
            SourceRows("SELECT id, role, content, token_count, source_id FROM messages ORDER BY id LIMIT 50"),
            TestDatabase.Rows(Target, "SELECT id, role, content, token_count, source_id FROM messages ORDER BY id LIMIT 50"));
        Assert.Equal(["ab|so far|detail"], TestDatabase.Rows(Target, "SELECT content, (SELECT summary FROM compactions), (SELECT detail FROM turns WHERE id = 7) FROM messages WHERE id = 99"));
        using var service = ServiceUnderTest.StartOn(Target);
        var chat = new Conversation(service.Client, "1");
        var before = await chat.TextsAsync();
        await chat.ExchangeAsync("and now?", "We go on.");
        var after = await chat.TextsAsync();
        Assert.Equal([.. before.Skip(2), "and now?", "We go on."], after.TakeLast(before.Length));
    }

    [Fact]
    public async Task A_statement_of_the_import_may_take_longer_than_one_of_a_turn()
    {
        await FillAsync();
        using (ServiceUnderTest.StartOn(Target))
        {
            TestDatabase.Rows(Target, "CREATE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(3); RETURN NULL; END'");
            TestDatabase.Rows(Target, "CREATE TRIGGER slow AFTER INSERT ON people FOR EACH STATEMENT EXECUTE FUNCTION be_slow()");
        }

        using var import = ServiceProcess.StartShell(
            Target, "env", $"ConnectionStrings__sessions={TestDatabase.ConnectionStringOf(Target)};Command Timeout=1", "dotnet", ServiceProcess.Program, "import", Source);

        Assert.True(await import.WaitForExitAsync(Token) == 0, import.Output);
    }

    [Fact]
    public async Task A_server_that_is_not_empty_is_left_as_it_is()
    {
        await FillAsync();
        using (var service = ServiceUnderTest.StartOn(Target))
            await new Conversation(service.Client).SayAsync("hello");

        using var import = ServiceProcess.Start(Target, "import", Source);

        Assert.Equal(1, await import.WaitForExitAsync(Token));
        Assert.Contains("is not empty. Nothing was imported.", import.Output, StringComparison.Ordinal);
        Assert.Equal(["hello"], TestDatabase.Rows(Target, "SELECT content FROM messages"));
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_by_name()
    {
        await File.WriteAllTextAsync(Source, "This is not a database.", Token);

        using var import = ServiceProcess.Start(Target, "import", Source);

        Assert.Equal(1, await import.WaitForExitAsync(Token));
        Assert.Contains($"{Source} is not a SQLite database.", import.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_the_first_version_is_imported_after_a_start_of_this_version_on_it_and_not_before()
    {
        await EarlierDatabase.CreateAsync(Source, EarlierDatabase.Migrations[0], Token);
        using (var import = ServiceProcess.Start(Target, "import", Source))
        {
            Assert.Equal(1, await import.WaitForExitAsync(Token));
            Assert.Contains($"{Source} was written by an older version of Clawdex. Start the session service of this version on it once, then import it.", import.Output, StringComparison.Ordinal);
        }

        using (ServiceUnderTest.StartOn(Source, ("ConnectionStrings:sessions", $"Data Source={Source}")))
        {
            // It has upgraded the file.
        }

        using (var import = ServiceProcess.Start(Target, "import", Source))
            Assert.Equal(0, await import.WaitForExitAsync(Token));
        using var service = ServiceUnderTest.StartOn(Target);
        var chat = new Conversation(service.Client);
        Assert.Equal(EarlierDatabase.Texts, await chat.TextsAsync());
        await chat.CompleteAsync(EarlierDatabase.OpenTurn, "Since today.");
        var texts = await chat.TextsAsync();
        Assert.Equal([.. EarlierDatabase.Texts, "Since today."], texts);
    }

    /// <summary>Every kind of row and of value, in as many messages as are asked for.</summary>
    private async Task FillAsync()
    {
        await using var db = new SessionDbContext(new DbContextOptionsBuilder<SessionDbContext>().UseSqlite($"Data Source={Source};Pooling=False").Options);
        await db.Database.MigrateAsync(Token);
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO sessions (id, session_key, channel, chat_id, model_override, message_count, token_correction, version, inserted_at, updated_at)
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10)
            SELECT i, 'telegram:' || i, 'telegram', i, CASE i WHEN 3 THEN 'openai/gpt-4o' END, {Messages} / 10, 1.25, i, 1767225600000, 1767225600001 FROM n;
            INSERT INTO turns (id, session_id, source_id, state, origin_message_id, reply_message_ids, finish_reason, error, detail, model, prompt_tokens,
                completion_tokens, user_id, tokens, trace_parent, detached, detached_user_text, detached_answer_text, accepted_at, answered_at, settled_at)
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {Messages} / 2)
            SELECT i, 1 + i % 10, 'u' || i, 'delivered', i, '[' || i || ',' || (i + 1) || ']', 'content_filter', NULL, 'detail', 'm', 1, 2, 5, 3, NULL, i % 2, NULL, NULL,
                1767225600000 + i, 1767225600000, 1767225600000 FROM n;
            INSERT INTO messages (id, session_id, role, content, token_count, source_id, inserted_at)
            SELECT 2 * id, session_id, 'user', 'question ' || id || ' äöü 😀', 3, source_id, accepted_at FROM turns
            UNION ALL SELECT 2 * id + 1, session_id, 'assistant', 'answer ' || id || char(10) || hex(randomblob(200)), 100, NULL, accepted_at FROM turns;
            UPDATE messages SET content = 'a' || char(0) || 'b' WHERE id = 99;
            UPDATE turns SET detail = 'det' || char(0) || 'ail' WHERE id = 7;
            INSERT INTO compactions (id, session_id, summary, token_count, first_message_id, last_message_id, inserted_at, undone_at) VALUES (4, 2, 'so' || char(0) || ' far', 2, 2, 3, 1767225600000, NULL);
            INSERT INTO people (user_id, role, added_at, added_by) VALUES (7, 'owner', 1767225600000, NULL), (8, 'allowed', 1767225600001, 7);
            INSERT INTO usage (day, user_id, tokens)
            WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999)
            SELECT day, i, 30 + i FROM n, (SELECT '2026-01-01' AS day UNION ALL SELECT '2026-01-02');
            """,
            Token);
    }

    private IReadOnlyList<string> SourceRows(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Source};Mode=ReadOnly;Pooling=false");
        connection.Open();
        return connection.Rows(sql);
    }
}
