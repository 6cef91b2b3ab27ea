using Clawdex.SessionService.Tests.Api;
using Clawdex.SessionService.Tests.Processes;
using Clawdex.Testing;

namespace Clawdex.SessionService.Tests.Storage;

public sealed class BackupTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_backup_of_a_working_service_is_a_database_that_another_one_starts_on()
    {
        using (var service = ServiceUnderTest.StartOn(_directory["clawdex.db"]))
        {
            await new Conversation(service.Client).ExchangeAsync("question", "answer");
            using var backup = ServiceProcess.Start(_directory["clawdex.db"], "backup", _directory["copy.db"]);

            Assert.Equal(0, await backup.WaitForExitAsync(Token));
            Assert.Contains($"to {_directory["copy.db"]}", backup.Output, StringComparison.Ordinal);
        }

        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_directory["copy.db"]));
        using var restored = ServiceUnderTest.StartOn(_directory["copy.db"]);
        Assert.Equal(["question", "answer"], await new Conversation(restored.Client).TextsAsync());
    }

    [Fact]
    public async Task A_backup_overwrites_nothing()
    {
        using var service = ServiceUnderTest.StartOn(_directory["clawdex.db"]);
        await File.WriteAllTextAsync(_directory["precious.txt"], "precious", Token);
        using var backup = ServiceProcess.Start(_directory["clawdex.db"], "backup", _directory["precious.txt"]);

        Assert.Equal(1, await backup.WaitForExitAsync(Token));
        Assert.Contains("exists already", backup.Output, StringComparison.Ordinal);
        Assert.Equal("precious", await File.ReadAllTextAsync(_directory["precious.txt"], Token));
    }

    [Fact]
    public async Task Without_a_database_or_a_target_a_backup_says_so()
    {
        using var noDatabase = ServiceProcess.Start(_directory["clawdex.db"], "backup", _directory["copy.db"]);
        Assert.Equal(1, await noDatabase.WaitForExitAsync(Token));
        Assert.Contains("There is no database", noDatabase.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(_directory["copy.db"]));

        using var noTarget = ServiceProcess.Start(_directory["clawdex.db"], "backup");
        Assert.Equal(1, await noTarget.WaitForExitAsync(Token));
        Assert.Contains("usage:", noTarget.Output, StringComparison.Ordinal);
    }
}
