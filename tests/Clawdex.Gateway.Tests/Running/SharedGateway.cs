using Clawdex.TelegramEmulator.Control;

[assembly: AssemblyFixture(typeof(Clawdex.Gateway.Tests.Running.SharedGateway))]

namespace Clawdex.Gateway.Tests.Running;

/// <summary>One gateway with default settings for all tests that need no other; each test has its own chat in it.</summary>
public sealed class SharedGateway : IAsyncLifetime
{
    private GatewayUnderTest? _gateway;

    internal GatewayUnderTest Gateway => _gateway ?? throw new InvalidOperationException("Not started.");

    public async ValueTask InitializeAsync() => _gateway = await GatewayUnderTest.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null)
            await _gateway.DisposeAsync();
    }

    internal FakeLlm Llm => Gateway.Llm;

    internal SessionsUnderTest Sessions => Gateway.Sessions;

    internal TelegramEmulatorControl Telegram => Gateway.Telegram.Control;
}
