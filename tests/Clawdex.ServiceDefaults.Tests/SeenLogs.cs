using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Clawdex.ServiceDefaults.Tests;

/// <summary>A logging provider that nobody told about secrets: it keeps messages, values, scopes and exceptions as text.</summary>
internal sealed class SeenLogs : ILoggerProvider
{
    private readonly ConcurrentQueue<string> _texts = new();

    public IReadOnlyList<string> Texts => [.. _texts];

    public ILogger CreateLogger(string categoryName) => new Recorder(_texts);

    public void Dispose()
    {
    }

    private sealed class Recorder(ConcurrentQueue<string> texts) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull
        {
            texts.Enqueue($"scope: {state} {ValuesOf(state)}");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            texts.Enqueue($"{formatter(state, exception)} {ValuesOf(state)} {exception} {exception?.Message} {exception?.StackTrace} {exception?.InnerException}");

        private static string ValuesOf<TState>(TState state) =>
            state is IEnumerable<KeyValuePair<string, object?>> values ? string.Join(' ', values.Select(value => $"{value.Key}={value.Value}")) : "";
    }
}
