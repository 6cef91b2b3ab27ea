using Clawdex.SessionService.Tests.Api;
using Clawdex.SessionService.Tests.Processes;
using Clawdex.SessionService.Turns;
using Clawdex.Testing;
using Grpc.Core;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests;

/// <summary>What only a store on a server does: it is shared, and it may be somebody else's.</summary>
public sealed class PostgresStoreTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string _path;

    public PostgresStoreTests() => _path = _directory["clawdex.db"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task What_one_service_wrote_is_what_the_other_one_answers_whatever_it_had_in_its_cache()
    {
        using var first = ServiceUnderTest.StartOn(_path);
        using var second = ServiceUnderTest.StartOn(_path);
        var (here, there) = (new Conversation(first.Client), new Conversation(second.Client));
        List<string> said = [];

        for (var i = 0; i < 20; i++)
        {
            var (writes, reads) = i % 2 == 0 ? (here, there) : (there, here);
            var turnId = (await writes.AcceptAsync($"question {i}", sourceId: $"{i}")).Turn.TurnId;
            said.Add($"question {i}");
            Assert.Equal(said, await reads.TextsAsync());
            await reads.CompleteAsync(turnId, $"answer {i}");
            said.Add($"answer {i}");
            Assert.Equal(said, await writes.TextsAsync());
        }

        await here.ForgetAsync();
        await Assert.ThrowsAsync<RpcException>(() => there.TextsAsync());
        await here.SayAsync("anew");
        Assert.Equal(["anew"], await there.TextsAsync());
    }

    [Fact]
    public async Task Two_services_that_start_on_an_empty_server_at_once_create_the_tables_once()
    {
        using var first = ServiceProcess.Start(_path);
        using var second = ServiceProcess.Start(_path);

        using var channels = await first.ConnectAsync(Token);
        using var others = await second.ConnectAsync(Token);
        await new Conversation(new Wire.Sessions.SessionsClient(channels)).SayAsync("hello");
        Assert.Equal(["hello"], await new Conversation(new Wire.Sessions.SessionsClient(others)).TextsAsync());
    }

    [Fact]
    public async Task A_service_starts_while_a_backup_reads_all_tables()
    {
        using (ServiceUnderTest.StartOn(_path))
        {
            // It has created them.
        }

        using var backup = TestDatabase.Open(_path);
        await using var reading = await backup.BeginTransactionAsync(Token);
        // As pg_dump does with every table, until it has read the last one.
        backup.Rows("LOCK TABLE \"__EFMigrationsHistory\" IN ACCESS SHARE MODE");

        using var service = ServiceProcess.Start(_path);

        Assert.True(await service.HasStartedAsync(Token), service.Output);
    }

    [Fact]
    public async Task A_user_that_may_create_nothing_starts_on_tables_that_are_there()
    {
        using (ServiceUnderTest.StartOn(_path))
        {
            TestDatabase.Rows(_path, "CREATE ROLE creates_nothing LOGIN");
            TestDatabase.Rows(_path, "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO creates_nothing");
        }

        using var service = ServiceProcess.StartShell(
            _path, "env", $"ConnectionStrings__sessions={TestDatabase.ConnectionStringOf(_path)};Username=creates_nothing", "dotnet", ServiceProcess.Program);

        using var channel = await service.ConnectAsync(Token);
        await new Conversation(new Wire.Sessions.SessionsClient(channel)).SayAsync("hello");
        Assert.Equal(["hello"], TestDatabase.Rows(_path, "SELECT content FROM messages"));
    }

    [Fact]
    public async Task A_letter_that_PostgreSQL_cannot_store_is_left_out_and_the_rest_is_stored()
    {
        using var service = ServiceUnderTest.StartOn(_path);
        var chat = new Conversation(service.Client);

        await chat.ExchangeAsync("a\0b", "c\0d 😀");

        Assert.Equal(["ab", "cd 😀"], await chat.TextsAsync());
    }

    [Fact]
    public async Task Usage_of_past_days_goes_whatever_there_is_of_it()
    {
        using var service = ServiceUnderTest.StartOn(_path);
        foreach (var (day, users) in new[] { ("2025-12-01", 2500), ("2025-12-02", 1000), ("2025-12-31", 3) })
            TestDatabase.Rows(_path, $"INSERT INTO usage (day, user_id, tokens) SELECT date '{day}', user_id, 7 FROM generate_series(-1, {users - 2}) AS user_id");

        await service.Get<Retention>().DeleteAsync(Token);

        Assert.Equal(["2025-12-31|3"], service.Query("SELECT day, count(*) FROM usage GROUP BY day"));
    }

    [Fact]
    public async Task A_schema_that_is_newer_than_the_program_is_refused_and_left_untouched()
    {
        using (ServiceUnderTest.StartOn(_path))
            TestDatabase.Rows(_path, "INSERT INTO \"__EFMigrationsHistory\" VALUES ('29990101000000_Future', '99.0.0')");

        await AssertRefusedAsync("was written by a newer version of Clawdex (schema 29990101000000_Future). It was left untouched");
    }

    [Fact]
    public async Task The_database_of_another_program_is_refused_and_left_untouched()
    {
        using (ServiceUnderTest.StartOn(_path))
            TestDatabase.Rows(_path, "DROP TABLE \"__EFMigrationsHistory\"");

        await AssertRefusedAsync("is the database of another program. It was left untouched.");
    }

    [Theory]
    [InlineData("Prot=5432")]
    [InlineData("Port=many")]
    public async Task A_connection_string_that_cannot_be_read_is_named_by_its_key_without_the_password(string rest)
    {
        using var service = ServiceProcess.StartShell(
            _path, "env", $"ConnectionStrings__sessions=Host=127.0.0.1;Password=not-for-logs;{rest}", "dotnet", ServiceProcess.Program);

        Assert.Equal(1, await service.WaitForExitAsync(Token));
        Assert.Contains("Invalid setting: ConnectionStrings:sessions: ", service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("not-for-logs", service.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Values_that_the_driver_does_not_take_together_are_named_by_their_key_without_the_password()
    {
        using var service = ServiceProcess.StartShell(
            _path, "env", "ConnectionStrings__sessions=Host=127.0.0.1;Password=not-for-logs;Minimum Pool Size=50;Maximum Pool Size=40", "dotnet", ServiceProcess.Program);

        Assert.Equal(1, await service.WaitForExitAsync(Token));
        Assert.Contains("The PostgreSQL database of ConnectionStrings:sessions cannot be opened: ", service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("not-for-logs", service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", service.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("backup")]
    [InlineData("restore")]
    public async Task Commands_for_a_file_say_what_does_it_here(string command)
    {
        using var service = ServiceProcess.Start(_path, command, _directory["file.db"]);

        Assert.Equal(1, await service.WaitForExitAsync(Token));
        Assert.Contains("pg_dump", service.Output, StringComparison.Ordinal);
    }

    private async Task AssertRefusedAsync(string reason)
    {
        var before = TestDatabase.Rows(_path, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1");
        using var service = ServiceProcess.Start(_path);

        Assert.Equal(1, await service.WaitForExitAsync(Token));
        Assert.True(service.Output.Contains(reason, StringComparison.Ordinal), service.Output);
        Assert.Equal(before, TestDatabase.Rows(_path, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"));
    }
}
