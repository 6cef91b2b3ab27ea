using System.Net;
using Clawdex.SessionService.Storage.Sqlite;
using Clawdex.SessionService.Tests.Api;
using Clawdex.Testing;

namespace Clawdex.SessionService.Tests.Storage;

/// <summary>What <c>/health</c> says about a database that can or cannot be written.</summary>
public sealed class WriteHealthTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_folder_that_is_gone_fails_the_check_once_no_commit_speaks_for_it_any_more()
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory["data"]);
        using var service = ServiceUnderTest.StartOn(directory["data/clawdex.db"]);
        await new Conversation(service.Client).SayAsync("hello");
        Assert.Equal(HttpStatusCode.OK, (await service.Http.GetAsync("/health", Token)).StatusCode);

        Directory.Move(directory["data"], directory["elsewhere"]);
        service.Time.Advance(WriteHealth.Fresh);
        var answer = await service.Http.GetAsync("/health", Token);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        var body = await answer.Content.ReadAsStringAsync(Token);
        Assert.Contains("""
            "database":{"status":"Unhealthy","description":"The database or its folder is gone"}
            """.Trim(), body, StringComparison.Ordinal);
        Assert.DoesNotContain(directory.FullPath, body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await service.Http.GetAsync("/alive", Token)).StatusCode);

        Directory.Move(directory["elsewhere"], directory["data"]);
        Assert.Equal(HttpStatusCode.OK, (await service.Http.GetAsync("/health", Token)).StatusCode);
    }

    [Fact]
    public async Task A_probe_leaves_no_file_no_row_and_no_growth_of_the_log()
    {
        using var service = ServiceUnderTest.Start();
        await new Conversation(service.Client).SayAsync("hello");
        var log = new FileInfo($"{service.DatabasePath}-wal");
        var (length, rows) = (log.Length, service.Query("SELECT version, updated_at FROM sessions"));

        for (var i = 0; i < 20; i++)
        {
            service.Time.Advance(WriteHealth.Fresh);
            Assert.Equal(HttpStatusCode.OK, (await service.Http.GetAsync("/health", Token)).StatusCode);
        }

        log.Refresh();
        // Ten minutes of use bring the upkeep, which empties the log.
        Assert.True(log.Length <= length, $"{log.Length} > {length}");
        Assert.Equal(rows, service.Query("SELECT version, updated_at FROM sessions"));
        Assert.False(File.Exists($"{service.DatabasePath}.probe"));
    }

    [Fact]
    public async Task While_commits_succeed_nothing_is_probed()
    {
        using var service = ServiceUnderTest.Start();
        await new Conversation(service.Client).SayAsync("hello");
        // A probe could not create its file here.
        Directory.CreateDirectory($"{service.DatabasePath}.probe");

        Assert.Equal(HttpStatusCode.OK, (await service.Http.GetAsync("/health", Token)).StatusCode);
        service.Time.Advance(WriteHealth.Fresh);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await service.Http.GetAsync("/health", Token)).StatusCode);
        await new Conversation(service.Client).SayAsync("again");
        Assert.Equal(HttpStatusCode.OK, (await service.Http.GetAsync("/health", Token)).StatusCode);
    }
}
