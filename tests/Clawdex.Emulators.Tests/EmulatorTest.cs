using Clawdex.TelegramEmulator;
using Clawdex.TelegramEmulator.Control;

namespace Clawdex.Emulators.Tests;

/// <summary>An emulator of its own for each test, with one private chat and a bot.</summary>
public abstract class EmulatorTest : IAsyncLifetime
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private TelegramEmulatorHost? _telegram;
    private BotClient? _bot;
    private EmulatedChat? _ada;

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    private protected TelegramEmulatorHost Telegram => _telegram ?? throw new InvalidOperationException("Not started");

    private protected BotClient Bot => _bot ?? throw new InvalidOperationException("Not started");

    private protected EmulatedChat Ada => _ada ?? throw new InvalidOperationException("Not started");

    private protected virtual TelegramEmulatorOptions Options => new();

    private protected virtual TimeProvider Time => TimeProvider.System;

    /// <summary>A client of the control API that sees the bare HTTP answers.</summary>
    private protected HttpClient ControlClient() => new()
    {
        BaseAddress = Telegram.BaseAddress,
        DefaultRequestHeaders = { Authorization = new("Bearer", Telegram.Page.Fragment["#token=".Length..]) },
    };

    public async ValueTask InitializeAsync()
    {
        _telegram = await TelegramEmulatorHost.StartAsync(Options, Time, Stop);
        _bot = new(_telegram);
        _ada = await _telegram.Control.CreatePrivateChatAsync("Ada", Stop);
    }

    public async ValueTask DisposeAsync()
    {
        _bot?.Dispose();
        if (_telegram is not null)
            await _telegram.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
