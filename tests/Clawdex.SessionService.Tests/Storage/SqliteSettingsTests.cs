using System.Text.RegularExpressions;
using Clawdex.SessionService.Storage;
using Clawdex.SessionService.Storage.Sqlite;
using Clawdex.SessionService.Tests.Api;
using Clawdex.SessionService.Tests.Processes;
using Clawdex.SessionService.Turns;
using Clawdex.Testing;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests.Storage;

public sealed partial class SqliteSettingsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_writer_flushes_every_commit_to_a_write_ahead_log_of_its_own_connection()
    {
        using var service = ServiceUnderTest.StartOn(_directory["clawdex.db"]);

        var settings = await service.Get<ISessionWriter>().WriteAsync(
            transaction => Task.FromResult(new[] { "journal_mode", "synchronous", "busy_timeout", "foreign_keys", "secure_delete" }
                .Select(name => $"{name}={Pragma(transaction, name)}").ToArray()),
            Token);

        Assert.Equal(["journal_mode=wal", "synchronous=2", "busy_timeout=5000", "foreign_keys=1", "secure_delete=1"], settings);
        Assert.Contains("Cache=Private", service.Get<DatabaseFile>().ConnectionString, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_log_is_moved_into_the_database_from_time_to_time()
    {
        using var service = ServiceUnderTest.StartOn(_directory["clawdex.db"]);
        var chat = new Conversation(service.Client);
        for (var i = 0; i < 10; i++)
            await chat.SayAsync(new string('x', 10_000));
        Assert.NotEqual(0, new FileInfo(_directory["clawdex.db-wal"]).Length);

        service.Time.Advance(TimeSpan.FromMinutes(10));
        await chat.SayAsync("the commit that the upkeep follows");
        await chat.SayAsync("the commit that follows the upkeep");

        // One small commit, where there were eleven large ones.
        Assert.InRange(new FileInfo(_directory["clawdex.db-wal"]).Length, 1, 50_000);
    }

    [Fact]
    public async Task The_upkeep_does_not_wait_for_a_reader_and_makes_no_writer_wait()
    {
        using var service = ServiceUnderTest.StartOn(_directory["clawdex.db"]);
        var chat = new Conversation(service.Client);
        await chat.SayAsync("before");
        using var reader = new SqliteConnection($"Data Source={_directory["clawdex.db"]};Mode=ReadOnly;Pooling=false");
        await reader.OpenAsync(Token);
        await using var reading = reader.BeginTransaction(deferred: true);
        Assert.Equal(1L, Count(reader, reading));
        await chat.SayAsync("what the reader does not see");

        service.Time.Advance(TimeSpan.FromMinutes(10));
        await chat.SayAsync("the commit that the upkeep follows");
        // A checkpoint that waits for the reader waits for 5 s.
        await chat.SayAsync("the commit that follows the upkeep").WaitAsync(TimeSpan.FromSeconds(2), Token);

        Assert.Equal(1L, Count(reader, reading));
        Assert.Equal(["busy_timeout=5000"], await service.Get<ISessionWriter>().WriteAsync(
            transaction => Task.FromResult(new[] { $"busy_timeout={Pragma(transaction, "busy_timeout")}" }), Token));
    }

    [Fact]
    public async Task A_backup_reader_does_not_stand_in_the_writers_way()
    {
        using var service = ServiceUnderTest.StartOn(_directory["clawdex.db"]);
        var chat = new Conversation(service.Client);
        await chat.ExchangeAsync("before", "answer");
        using var reader = new SqliteConnection($"Data Source={_directory["clawdex.db"]};Mode=ReadOnly;Pooling=false");
        await reader.OpenAsync(Token);
        await using var reading = reader.BeginTransaction(deferred: true);
        Assert.Equal(2L, Count(reader, reading));

        await chat.ExchangeAsync("while somebody reads", "answer");

        Assert.Equal(2L, Count(reader, reading));
        Assert.Equal(Wire.TurnState.Delivered, (await chat.AcceptAsync("again", sourceId: "update-2")).Turn.State);
    }

    [Fact]
    public async Task A_service_that_ends_leaves_one_file_with_everything_in_it()
    {
        using (var service = ServiceUnderTest.StartOn(_directory["clawdex.db"]))
            await new Conversation(service.Client).ExchangeAsync("question", "answer");

        Assert.Equal(["clawdex.db", "clawdex.db.lock"], Directory.GetFiles(_directory.FullPath).Select(Path.GetFileName).Order());
        using var restarted = ServiceUnderTest.StartOn(_directory["clawdex.db"]);
        Assert.Equal(["question", "answer"], await new Conversation(restarted.Client).TextsAsync());
    }

    [Fact]
    public async Task Nothing_of_the_other_stores_driver_is_loaded()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "It reads what Linux tells of a process.");
        using var service = ServiceProcess.Start(_directory["clawdex.db"]);
        using var channel = await service.ConnectAsync(Token);
        await new Conversation(new Wire.Sessions.SessionsClient(channel)).ExchangeAsync("question", "answer");

        var loaded = await File.ReadAllTextAsync($"/proc/{service.Id}/maps", Token);

        Assert.Contains("Microsoft.Data.Sqlite.dll", loaded, StringComparison.Ordinal);
        Assert.DoesNotContain("Npgsql", loaded, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_query_has_an_index()
    {
        using var queries = new QueryObserver(_directory["clawdex.db"]);
        using var service = ServiceUnderTest.StartOn(_directory["clawdex.db"]);
        await ExerciseAsync(service);

        var all = queries.Queries.Where(TouchesTables).Distinct().ToArray();
        var slow = all.Where(sql => IsFullScan(Plan(sql))).ToArray();

        Assert.True(slow.Length == 0, string.Join("\n\n", slow.Select(sql => $"{sql}\n{string.Join('\n', Plan(sql))}")));
        // The calls send more than thirty different ones; fewer would mean that this test does not see them.
        Assert.InRange(all.Length, 30, 200);
    }

    /// <summary>Each call of the contract once, so that each query is seen.</summary>
    private static async Task ExerciseAsync(ServiceUnderTest service)
    {
        var chat = new Conversation(service.Client);
        await chat.SetModelAsync("openai/gpt-4o");
        for (var i = 0; i < 100; i++)
            await chat.ExchangeAsync($"question {i}", $"answer {i}");
        await chat.AcceptAsync("again", sourceId: "update-1");
        await chat.FailAsync(await chat.SayAsync("question"));
        await chat.ContextAsync(maxMessages: 100);
        await chat.CommitCompactionAsync(await chat.BeginCompactionAsync(), "summary");
        await chat.UndoCompactionAsync();
        await service.Client.GetLastQuestionAsync(new Wire.GetLastQuestionRequest { SessionKey = chat.Key }, cancellationToken: Token);
        await chat.UndoAsync("undo");
        await chat.UndoAsync("undo");
        await chat.CompleteAsync((await chat.RetryAsync()).Turn.TurnId, "another answer");
        await chat.DeliverAsync(await chat.ExchangeAsync("a last question", "a last answer"));
        await chat.SessionAsync();
        await Assert.ThrowsAsync<Grpc.Core.RpcException>(() => chat.ContextAsync(turnId: 99_999));
        await service.Client.ListOpenTurnsAsync(new Wire.ListOpenTurnsRequest(), cancellationToken: Token);
        await service.Client.ListRecentMessagesAsync(new Wire.ListRecentMessagesRequest { Channel = "telegram" }, cancellationToken: Token);
        await new Conversation(service.Client, "2").SayAsync("elsewhere");
        await service.Client.MoveSessionAsync(new Wire.MoveSessionRequest { Channel = "telegram", FromChatId = "2", ToChatId = "12345" }, cancellationToken: Token);
        var charged = await service.Client.AcceptMessageAsync(
            new Wire.AcceptMessageRequest { Session = chat.Id, SourceId = "charged", Text = "question", Budget = new Wire.Budget { UserId = 5, UserLimit = 1000, TotalLimit = 1000, ReserveTokens = 10, MaxHistoryMessages = 50 } },
            cancellationToken: Token);
        await service.Client.ChargeTurnAsync(new Wire.ChargeTurnRequest { TurnId = charged.Turn.TurnId, Tokens = 20 }, cancellationToken: Token);
        await service.Client.GetUsageAsync(new Wire.GetUsageRequest { UserId = 5 }, cancellationToken: Token);
        await chat.ResetAsync();
        await chat.ForgetAsync();
        await service.Get<Retention>().DeleteAsync(service.Time.GetUtcNow().AddDays(1), Token);
        service.Time.Advance(TimeSpan.FromDays(2));
        await service.Client.GetUsageAsync(new Wire.GetUsageRequest { UserId = 5 }, cancellationToken: Token);
        await service.Get<Retention>().DeleteAsync(Token);
    }

    private static bool TouchesTables(string sql) =>
        new[] { "sessions", "messages", "turns", "compactions", "usage" }.Any(table => sql.Contains(table, StringComparison.Ordinal))
        && !sql.Contains("sqlite_", StringComparison.Ordinal)
        // What migrations do, once.
        && !sql.StartsWith("CREATE", StringComparison.Ordinal) && !sql.StartsWith("ALTER", StringComparison.Ordinal);

    /// <summary>A step reads a whole table. The rows of a subquery, which other steps of the plan find, are no table.</summary>
    private static bool IsFullScan(List<string> plan) =>
        plan.Any(step =>
            step.StartsWith("SCAN ", StringComparison.Ordinal)
            && !step.Contains("INDEX", StringComparison.Ordinal)
            && step != "SCAN CONSTANT ROW"
            && !plan.Contains(step.Replace("SCAN ", "CO-ROUTINE ", StringComparison.Ordinal))
            && !plan.Contains(step.Replace("SCAN ", "MATERIALIZE ", StringComparison.Ordinal)));

    /// <summary>By the schema alone: statistics of a table with two rows say that reading it whole is the quickest.</summary>
    private List<string> Plan(string sql)
    {
        using var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        Rows(connection, $"ATTACH '{_directory["clawdex.db"]}' AS file");
        foreach (var statement in Rows(connection, "SELECT sql FROM file.sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type DESC"))
            Rows(connection, statement);
        Rows(connection, "DETACH file");
        return Rows(connection, "EXPLAIN QUERY PLAN " + sql, column: 3);
    }

    private static List<string> Rows(SqliteConnection connection, string sql, int column = 0)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var name in ParameterNames().Matches(sql).Select(match => match.Value).Distinct())
            command.Parameters.AddWithValue(name, 1);
        using var reader = command.ExecuteReader();
        List<string> rows = [];
        while (reader.Read())
            rows.Add(reader.GetString(column));
        return rows;
    }

    private static object? Count(SqliteConnection connection, SqliteTransaction transaction)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "SELECT count(*) FROM messages";
        return command.ExecuteScalar();
    }

    private static string Pragma(WriteTransaction transaction, string name)
    {
        using var command = transaction.Db.Database.GetDbConnection().CreateCommand();
        command.CommandText = $"PRAGMA {name}";
        return $"{command.ExecuteScalar()}";
    }

    [GeneratedRegex(@"[$@]\w+")]
    private static partial Regex ParameterNames();
}
