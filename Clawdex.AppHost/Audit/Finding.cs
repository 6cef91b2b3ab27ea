using System.Text.Json.Serialization;

namespace Clawdex.AppHost.Audit;

/// <summary>How bad it is. The worst one is the exit code of the audit.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Severity>))]
internal enum Severity
{
    [JsonStringEnumMemberName("ok")]
    Ok = 0,

    /// <summary>Somebody who should not might get something.</summary>
    [JsonStringEnumMemberName("warning")]
    Warning = 1,

    /// <summary>Anybody may get it, or nothing starts.</summary>
    [JsonStringEnumMemberName("critical")]
    Critical = 2,
}

/// <param name="Area">What it is about, in one word.</param>
/// <param name="What">What is so. Never a secret's value.</param>
/// <param name="ToDo">What to do about it; null = nothing.</param>
internal sealed record Finding(Severity Severity, string Area, string What, string? ToDo = null)
{
    public override string ToString() =>
        $"{Severity.ToString().ToLowerInvariant(),-9} {Area}: {What}{(ToDo is null ? "" : $" → {ToDo}")}";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(IReadOnlyList<Finding>))]
internal sealed partial class FindingJson : JsonSerializerContext;
