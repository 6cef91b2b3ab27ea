using Clawdex.LlmEmulator;

namespace Clawdex.LlmService.Tests.Hosting;

/// <summary>A test that calls a real LlmService whose providers the emulator plays, both on loopback ports.</summary>
public abstract class ServiceTest : IAsyncLifetime
{
    private LlmEmulatorHost? _emulator;
    private LlmServiceHost? _service;

    protected const string GeminiModel = "gemini/gemini-2.5-flash";
    protected const string OpenRouterModel = "openai/gpt-4o";

    protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private protected LlmEmulatorHost Emulator => _emulator ?? throw new InvalidOperationException("The test has not begun.");

    private protected LlmServiceHost Service => _service ?? throw new InvalidOperationException("The test has not begun.");

    /// <summary>Stands still; null = the service runs on the real clock.</summary>
    private protected virtual TestClock? Clock => null;

    /// <summary>Settings beside the providers' keys and addresses. Without retries a failure shows at once.</summary>
    protected virtual IEnumerable<(string Key, string Value)> Settings => [("llm:retryAttempts", "0")];

    public async ValueTask InitializeAsync()
    {
        _emulator = await LlmEmulatorHost.StartAsync(cancellationToken: Cancelled);
        _service = LlmServiceHost.Start(_emulator, Clock, Settings);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Service.DisposeAsync();
        await Emulator.DisposeAsync();
    }
}
