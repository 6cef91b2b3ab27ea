using System.Text.Json.Serialization;
using Clawdex.TelegramEmulator.Control;

namespace Clawdex.TelegramEmulator.Faults;

[JsonConverter(typeof(CamelCaseEnum<FaultKind>))]
public enum FaultKind
{
    /// <summary>Answers with any status, body and content type; the call has no effect.</summary>
    Respond,

    /// <summary>429 with <c>retry_after</c> in body and header; the call has no effect.</summary>
    TooManyRequests,

    /// <summary>The call has no effect, and the connection breaks.</summary>
    DropBefore,

    /// <summary>The call takes effect, but the connection breaks before the answer.</summary>
    DropAfter,

    /// <summary>The call works, later.</summary>
    Delay,

    /// <summary>The call has no effect and is never answered; the connection stays open until the client gives up.</summary>
    Hang,
}

/// <summary>Something that goes wrong on purpose with the next calls that it matches.</summary>
public sealed record Fault(FaultKind Kind)
{
    /// <summary>The method, without case; null = every one, getUpdates included.</summary>
    public string? Method { get; init; }

    /// <summary>Only calls that name this chat; null = all.</summary>
    public long? ChatId { get; init; }

    /// <summary>How many calls it hits; 0 = until it is removed.</summary>
    public int Times { get; init; } = 1;

    /// <summary>The number of matching calls that pass before the first hit.</summary>
    public int Skip { get; init; }

    /// <summary>The HTTP status of <see cref="FaultKind.Respond"/>.</summary>
    public int Status { get; init; } = 500;

    /// <summary>The body of <see cref="FaultKind.Respond"/>, as it is.</summary>
    public string Body { get; init; } = "";

    public string ContentType { get; init; } = "application/json";

    /// <summary>Seconds. For <see cref="FaultKind.Respond"/> only the header; null = no header.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>How long to wait before the call (delay) or before the connection breaks (drop after).</summary>
    public int DelayMs { get; init; }
}

/// <summary>A fault that is in force, and how often it hit.</summary>
public sealed record ActiveFault(int Id, Fault Fault, int Hits);
