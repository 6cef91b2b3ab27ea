using Clawdex.SessionService.Tests.Api;
using Clawdex.SessionService.Tests.Processes;
using Clawdex.Testing;

namespace Clawdex.SessionService.Tests.Storage;

public sealed class RestoreTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_restored_backup_is_what_the_service_goes_on_with_and_what_was_there_stays_beside_it()
    {
        await ExchangeAsync("old chat");
        Assert.Equal(0, await RunAsync("backup", "copy.db"));
        await ExchangeAsync("new chat");

        Assert.Equal(0, await RunAsync("restore", "copy.db"));

        Assert.Equal(["question", "answer"], await TextsAsync("clawdex.db", "old chat"));
        using (var service = ServiceUnderTest.StartOn(_directory["clawdex.db"]))
            Assert.False((await new Conversation(service.Client, "new chat").SessionAsync()).Exists);
        var replaced = Assert.Single(Directory.GetFiles(_directory.FullPath, "*.replaced-*"));
        Assert.Equal(["question", "answer"], await TextsAsync(Path.GetFileName(replaced), "new chat"));
    }

    [Fact]
    public async Task What_is_no_backup_replaces_nothing()
    {
        await ExchangeAsync("chat");
        await File.WriteAllTextAsync(_directory["letter.txt"], "Dear reader, this is no database.", Token);

        Assert.Equal(1, await RunAsync("restore", "letter.txt"));
        Assert.Equal(1, await RunAsync("restore", "missing.db"));

        Assert.Equal(["question", "answer"], await TextsAsync("clawdex.db", "chat"));
        Assert.Empty(Directory.GetFiles(_directory.FullPath, "*.replaced-*"));
    }

    [Fact]
    public async Task A_database_in_use_is_not_replaced()
    {
        await ExchangeAsync("chat");
        Assert.Equal(0, await RunAsync("backup", "copy.db"));
        using var service = ServiceUnderTest.StartOn(_directory["clawdex.db"]);
        using var restore = ServiceProcess.Start(_directory["clawdex.db"], "restore", _directory["copy.db"]);

        Assert.Equal(1, await restore.WaitForExitAsync(Token));

        Assert.Contains("Stop it first", restore.Output, StringComparison.Ordinal);
        Assert.Equal(["question", "answer"], await new Conversation(service.Client, "chat").TextsAsync());
    }

    private async Task<int> RunAsync(string command, string file)
    {
        using var process = ServiceProcess.Start(_directory["clawdex.db"], command, _directory[file]);
        return await process.WaitForExitAsync(Token);
    }

    private async Task ExchangeAsync(string chat)
    {
        using var service = ServiceUnderTest.StartOn(_directory["clawdex.db"]);
        await new Conversation(service.Client, chat).ExchangeAsync("question", "answer");
    }

    private async Task<string[]> TextsAsync(string database, string chat)
    {
        using var service = ServiceUnderTest.StartOn(_directory[database]);
        return [.. await new Conversation(service.Client, chat).TextsAsync()];
    }
}
