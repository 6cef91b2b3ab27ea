using Clawdex.TelegramEmulator.Control;

namespace Clawdex.AppHost.Tests.Chaos;

/// <summary>One running system for all tests of a class: each uses a chat of its own, and leaves every service running.</summary>
public sealed class KillFixture : IAsyncLifetime
{
    private ClawdexApp? _app;

    internal ClawdexApp App => _app ?? throw new InvalidOperationException("Not started");

    public async ValueTask InitializeAsync()
    {
        if (OperatingSystem.IsLinux())
            _app = await ClawdexApp.StartAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
    }

    /// <summary>Kills a service, starts it again, and waits until it is healthy.</summary>
    internal async Task KillAndReviveAsync(string service, CancellationToken cancellationToken)
    {
        await App.KillAsync(service, cancellationToken);
        await App.ReviveAsync(service, cancellationToken);
        await App.WaitUntilHealthyAsync(cancellationToken);
    }

    /// <summary>What the chat shows of the bot, oldest first.</summary>
    internal static async Task<IReadOnlyList<EmulatedMessage>> ShownAsync(EmulatedChat chat, CancellationToken cancellationToken) =>
        [.. (await chat.GetMessagesAsync(cancellationToken)).Where(message => message.From.IsBot)];
}
