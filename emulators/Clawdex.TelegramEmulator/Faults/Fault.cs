using System.Text.Json.Serialization;
using Clawdex.TelegramEmulator.Control;

namespace Clawdex.TelegramEmulator.Faults;

[JsonConverter(typeof(CamelCaseEnum<FaultKind>))]
public enum FaultKind
{
    /// <summary>Answers with any status, body and content type; the call has no effect.</summary>
    Respond,

    /// <summary>The call takes effect, and is answered with any status, body and content type: a proxy's page, or an answer of the wrong shape.</summary>
    RespondAfter,

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
/// <param name="Method">The method, without case; null = every one, getUpdates included.</param>
/// <param name="ChatId">Only calls that name this chat; null = all.</param>
/// <param name="Times">How many calls it hits; 0 = until it is removed.</param>
/// <param name="Skip">How many matching calls pass before the first hit.</param>
/// <param name="Probability">The share of matching calls that it hits, above 0 and at most 1.</param>
/// <param name="Seed">Decides which ones: the n-th matching call of a chat meets the same fate whenever seed and probability are the same.</param>
/// <param name="Status">The HTTP status of <see cref="FaultKind.Respond"/> and <see cref="FaultKind.RespondAfter"/>.</param>
/// <param name="Body">The body of <see cref="FaultKind.Respond"/> and <see cref="FaultKind.RespondAfter"/>, as it is.</param>
/// <param name="RetryAfter">Seconds. For an answer of any body only the header; null = no header.</param>
/// <param name="DelayMs">How long to wait before the call (delay) or before the connection breaks (drop after).</param>
public sealed record Fault(
    FaultKind Kind,
    string? Method = null,
    long? ChatId = null,
    int Times = 1,
    int Skip = 0,
    double Probability = 1,
    int Seed = 0,
    int Status = 500,
    string Body = "",
    string ContentType = "application/json",
    int? RetryAfter = null,
    int DelayMs = 0);

/// <summary>A fault that is in force, and how often it hit.</summary>
public sealed record ActiveFault(int Id, Fault Fault, int Hits);
