using Clawdex.SessionService.Storage;
using Clawdex.SessionService.Tests.Api;
using Clawdex.SessionService.Tests.Processes;
using Clawdex.Testing;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests.Storage;

public sealed class DiskFullTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_write_that_finds_no_room_fails_alone_and_the_next_one_works_once_there_is_room()
    {
        using var service = ServiceUnderTest.Start();
        var chat = new Conversation(service.Client);
        await chat.ExchangeAsync("before", "answer");
        await LimitPagesAsync(service, "(SELECT page_count FROM pragma_page_count) + 4");

        var refused = await Assert.ThrowsAsync<RpcException>(() => chat.SayAsync(new string('x', 100_000)));
        Assert.Equal((StatusCode.ResourceExhausted, "The disk is full."), (refused.StatusCode, refused.Status.Detail));
        Assert.Equal(["before", "answer"], await chat.TextsAsync());
        Assert.StartsWith("{\"status\":\"Healthy\"", await service.Http.GetStringAsync("/health", Token), StringComparison.Ordinal);

        await LimitPagesAsync(service, "1000000");
        await chat.SayAsync(new string('x', 100_000));
        Assert.Equal(3, (await chat.TextsAsync()).Length);
        Assert.Equal(["ok"], service.Query("PRAGMA integrity_check"));
    }

    [Fact]
    public async Task A_disk_that_is_really_full_is_survived()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "It needs a Linux file system of its own.");
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory["disk"]);
        using var service = ServiceProcess.StartShell(
            directory["disk/clawdex.db"],
            "unshare", "-Urm", "sh", "-c", $"mount -t tmpfs -o size=4m tmpfs '{directory["disk"]}' && exec dotnet '{ServiceProcess.Program}'");
        Assert.SkipUnless(await service.HasStartedAsync(Token), $"This system lets nobody mount a file system: {service.Output}");
        using var channel = await service.ConnectAsync(Token);
        var chat = new Conversation(new Wire.Sessions.SessionsClient(channel));
        await chat.ExchangeAsync("before", "answer");

        // The process's own view of the small disk.
        var filler = $"/proc/{service.Id}/root{directory["disk/filler"]}";
        await Assert.ThrowsAsync<IOException>(() => File.WriteAllBytesAsync(filler, new byte[8 * 1024 * 1024], Token));
        var refused = await Assert.ThrowsAsync<RpcException>(() => chat.SayAsync(new string('x', 500_000)));
        Assert.Equal((StatusCode.ResourceExhausted, "The disk is full."), (refused.StatusCode, refused.Status.Detail));
        Assert.Equal(["before", "answer"], await chat.TextsAsync());
        Assert.Contains("The disk is full", await service.HealthAsync(Token), StringComparison.Ordinal);

        File.Delete(filler);
        Assert.StartsWith("{\"status\":\"Healthy\"", await service.HealthAsync(Token), StringComparison.Ordinal);
        await chat.SayAsync("after");
        Assert.Equal(["before", "answer", "after"], await chat.TextsAsync());
    }

    private static Task<int> LimitPagesAsync(ServiceUnderTest service, string pages) =>
        service.Get<ISessionWriter>().WriteAsync(
            transaction =>
            {
                using var command = transaction.Db.Database.GetDbConnection().CreateCommand();
                command.CommandText = $"SELECT {pages}";
                var limit = (long)(command.ExecuteScalar() ?? 0L);
                command.CommandText = $"PRAGMA max_page_count = {limit}";
                return Task.FromResult(command.ExecuteNonQuery());
            },
            Token);
}
