using Microsoft.Extensions.Logging.Testing;

namespace Clawdex.Testing;

/// <summary>All that a sink could print of a log record, to search it.</summary>
public static class FakeLogText
{
    public static string Text(this FakeLogRecord record) =>
        $"{record.Message} {Join(record.StructuredState)} {string.Join(' ', record.Scopes.Select(Describe))} {record.Exception}";

    public static bool Says(this FakeLogRecord record, string text) => record.Text().Contains(text, StringComparison.Ordinal);

    private static string? Describe(object? scope) => scope is IEnumerable<KeyValuePair<string, object?>> values ? $"{scope} {Join(values)}" : scope?.ToString();

    private static string Join<T>(IEnumerable<KeyValuePair<string, T>>? values) => string.Join(' ', (values ?? []).Select(value => $"{value.Key}={value.Value}"));
}
