using System.Diagnostics;
using Clawdex.SessionService.Model;

namespace Clawdex.SessionService.Storage;

/// <summary>
/// How enumerations are written into the database: as words, so that a person with a SQLite shell can read the tables. The
/// words are part of the file format; renaming a member of an enumeration must not change them.
/// </summary>
internal static class ColumnText
{
    public static string Of(TurnState state) => state switch
    {
        TurnState.Accepted => "accepted",
        TurnState.Streaming => "streaming",
        TurnState.Answered => "answered",
        TurnState.Delivered => "delivered",
        TurnState.Cancelled => "cancelled",
        TurnState.Failed => "failed",
        TurnState.Interrupted => "interrupted",
        _ => throw new UnreachableException(),
    };

    public static TurnState ToTurnState(string text) => text switch
    {
        "accepted" => TurnState.Accepted,
        "streaming" => TurnState.Streaming,
        "answered" => TurnState.Answered,
        "delivered" => TurnState.Delivered,
        "cancelled" => TurnState.Cancelled,
        "failed" => TurnState.Failed,
        "interrupted" => TurnState.Interrupted,
        _ => throw new InvalidDataException($"The database holds the unknown turn state '{text}'."),
    };

    public static string Of(FinishReason reason) => reason switch
    {
        FinishReason.Unknown => "unknown",
        FinishReason.Stop => "stop",
        FinishReason.Length => "length",
        FinishReason.ContentFilter => "content_filter",
        FinishReason.Cancelled => "cancelled",
        FinishReason.Interrupted => "interrupted",
        _ => throw new UnreachableException(),
    };

    public static FinishReason ToFinishReason(string text) => text switch
    {
        "unknown" => FinishReason.Unknown,
        "stop" => FinishReason.Stop,
        "length" => FinishReason.Length,
        "content_filter" => FinishReason.ContentFilter,
        "cancelled" => FinishReason.Cancelled,
        "interrupted" => FinishReason.Interrupted,
        // One such row must not hide all open turns from the gateway.
        _ => FinishReason.Unknown,
    };

    public static string Of(MessageRole role) => role switch
    {
        MessageRole.User => "user",
        MessageRole.Assistant => "assistant",
        MessageRole.System => "system",
        _ => throw new UnreachableException(),
    };

    public static MessageRole ToMessageRole(string text) => text switch
    {
        "user" => MessageRole.User,
        "assistant" => MessageRole.Assistant,
        "system" => MessageRole.System,
        _ => throw new InvalidDataException($"The database holds the unknown role '{text}'."),
    };
}
