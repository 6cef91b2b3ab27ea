using System.Collections;
using Microsoft.Extensions.Logging;

namespace Clawdex.ServiceDefaults.Redaction;

/// <summary>Passes on what holds no secret exactly as it came, and a redacted copy of what does.</summary>
internal sealed class RedactingLogger(ILogger inner, Secrets secrets) : ILogger
{
    public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull =>
        TryRedact(state, out var values) || (state is string && secrets.TryRedact(state.ToString(), out _))
            ? inner.BeginScope(new RedactedState(secrets.Redact(state.ToString() ?? ""), values ?? ValuesOf(state)))
            : inner.BeginScope(state);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!inner.IsEnabled(logLevel))
            return;

        var hidesValue = TryRedact(state, out var values);
        var hidesMessage = secrets.TryRedact(formatter(state, exception), out var message);
        var hidesException = secrets.TryRedact(exception?.ToString(), out var details);
        if (!hidesValue && !hidesMessage && !hidesException)
        {
            inner.Log(logLevel, eventId, state, exception, formatter);
            return;
        }

        var redacted = new RedactedState(message ?? formatter(state, exception), values ?? ValuesOf(state));
        var error = exception is null || !hidesException ? exception : new RedactedException(exception, secrets.Redact(exception.Message), details ?? "");
        inner.Log(logLevel, eventId, redacted, error, static (state, _) => state.ToString());
    }

    private bool TryRedact<TState>(TState state, out IReadOnlyList<KeyValuePair<string, object?>>? redacted)
    {
        redacted = null;
        if (state is not IEnumerable<KeyValuePair<string, object?>> values)
            return false;

        // Generated messages are lists: asked by index, they cost no enumerator.
        var list = values as IReadOnlyList<KeyValuePair<string, object?>> ?? [.. values];
        KeyValuePair<string, object?>[]? copy = null;
        for (var i = 0; i < list.Count; i++)
        {
            var (name, value) = list[i];
            if (IsPlain(value) || !secrets.TryRedact(value?.ToString(), out var clean))
                continue;
            copy ??= [.. list];
            copy[i] = new(name, clean);
        }

        redacted = copy;
        return copy is not null;
    }

    private static IReadOnlyList<KeyValuePair<string, object?>> ValuesOf<TState>(TState state) =>
        state is IEnumerable<KeyValuePair<string, object?>> values ? [.. values] : [];

    /// <summary>Numbers, times and enumerations hold no text.</summary>
    private static bool IsPlain(object? value) => value is null or (ValueType and IFormattable) or bool;

    private sealed class RedactedState(string text, IReadOnlyList<KeyValuePair<string, object?>> values) : IReadOnlyList<KeyValuePair<string, object?>>
    {
        public KeyValuePair<string, object?> this[int index] => values[index];

        public int Count => values.Count;

        public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => values.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        public override string ToString() => text;
    }
}
