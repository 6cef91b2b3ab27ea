using Clawdex.TelegramEmulator.Control;
using Microsoft.Extensions.Options;

namespace Clawdex.TelegramEmulator;

/// <summary>The emulator inside a test process, on a free port of the loopback interface. Reads no configuration.</summary>
public sealed class TelegramEmulatorHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TelegramEmulatorHost(WebApplication app, Uri baseAddress, TelegramEmulatorOptions options)
    {
        _app = app;
        BaseAddress = baseAddress;
        Token = options.Token;
        Page = ChatPage.AddressOf(baseAddress, options.PageToken);
        Control = new(Page);
    }

    /// <summary>The root: of the Bot API, of the chat page and of the control API.</summary>
    public Uri BaseAddress { get; }

    /// <summary>The chat page's address, with this start's token.</summary>
    public Uri Page { get; }

    /// <summary>The bot's token.</summary>
    public string Token { get; }

    /// <summary>What users of Telegram do, and faults.</summary>
    public TelegramEmulatorControl Control { get; }

    /// <param name="options">Null = all defaults.</param>
    /// <param name="timeProvider">Drives long polls, flood control, delays and all dates; null = the system's clock. Waits of
    /// <see cref="EmulatedChat"/> always use the system's clock.</param>
    public static Task<TelegramEmulatorHost> StartAsync(
        TelegramEmulatorOptions? options,
        TimeProvider? timeProvider,
        CancellationToken cancellationToken) => StartAsync(options, timeProvider, 0, cancellationToken);

    /// <summary>With all defaults.</summary>
    public static Task<TelegramEmulatorHost> StartAsync(CancellationToken cancellationToken) => StartAsync(null, null, cancellationToken);

    /// <param name="port">0 = a free one; another only to come back where an earlier host listened.</param>
    internal static async Task<TelegramEmulatorHost> StartAsync(
        TelegramEmulatorOptions? options,
        TimeProvider? timeProvider,
        int port,
        CancellationToken cancellationToken)
    {
        options ??= new();
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls($"http://127.0.0.1:{port}");
        builder.Services.AddSingleton(timeProvider ?? TimeProvider.System);
        builder.Services.AddSingleton(Options.Create(options));
        builder.Services.AddTelegramEmulator();
        var app = builder.Build();
        app.MapTelegramEmulator();
        await app.StartAsync(cancellationToken);
        return new(app, new Uri(app.Urls.Single()), options);
    }

    public async ValueTask DisposeAsync()
    {
        Control.Dispose();
        await _app.DisposeAsync();
    }
}
