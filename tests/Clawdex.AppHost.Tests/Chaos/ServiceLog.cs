using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Clawdex.AppHost.Tests.Chaos;

/// <summary>Writes what the orchestrator and the services say to one file, in the order in which it came.</summary>
internal sealed class ServiceLog(TextWriter writer) : ILoggerProvider
{
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, Source> _sources = new();

    public ILogger CreateLogger(string categoryName) =>
        _sources.GetOrAdd(categoryName, name => new Source(this, name[(name.LastIndexOf('.') + 1)..]));

    public void Write(string source, string line)
    {
        lock (_gate)
            writer.WriteLine($"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {source} | {line}");
    }

    public void Dispose()
    {
        lock (_gate)
            writer.Flush();
    }

    private sealed class Source(ServiceLog log, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Write(name, formatter(state, exception));
    }
}
