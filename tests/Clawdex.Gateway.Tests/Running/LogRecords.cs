using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Clawdex.Gateway.Tests.Running;

/// <summary>Everything that the gateway under test logs, at every level, as text with its exceptions.</summary>
internal sealed class LogRecords : ILoggerProvider
{
    private readonly ConcurrentQueue<LogRecord> _records = new();

    public IReadOnlyList<LogRecord> All => [.. _records];

    public ILogger CreateLogger(string categoryName) => new Recorder(categoryName, _records);

    public void Dispose()
    {
    }

    private sealed class Recorder(string category, ConcurrentQueue<LogRecord> records) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            records.Enqueue(new LogRecord(category, logLevel, $"{formatter(state, exception)} {exception}"));
    }
}

internal sealed record LogRecord(string Category, LogLevel Level, string Text);
