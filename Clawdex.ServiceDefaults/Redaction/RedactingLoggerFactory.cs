using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Clawdex.ServiceDefaults.Redaction;

/// <summary>
/// Stands between every logger and every provider: console, OpenTelemetry and whatever is added later see only what
/// <see cref="Secrets"/> lets through, in messages, values, scopes and exceptions.
/// </summary>
internal sealed class RedactingLoggerFactory(IServiceProvider services, Secrets secrets) : ILoggerFactory
{
    private readonly LoggerFactory _inner = new(
        services.GetServices<ILoggerProvider>(),
        services.GetRequiredService<IOptionsMonitor<LoggerFilterOptions>>(),
        services.GetRequiredService<IOptions<LoggerFactoryOptions>>(),
        services.GetService<IExternalScopeProvider>());

    public ILogger CreateLogger(string categoryName) => new RedactingLogger(_inner.CreateLogger(categoryName), secrets);

    public void AddProvider(ILoggerProvider provider) => _inner.AddProvider(provider);

    public void Dispose() => _inner.Dispose();
}
