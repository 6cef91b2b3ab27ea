using System.Text.Json;

namespace Clawdex.LlmEmulator.Requests;

/// <summary>One message of a recorded request, as the wire named its role.</summary>
public sealed record LlmRequestMessage(string Role, string Content);

/// <summary>How an exchange ended.</summary>
/// <param name="Completed">The emulator said all it wanted to say; false when the client went away first.</param>
/// <param name="At">When, on the emulator's clock.</param>
/// <param name="Timestamp">The same moment as <see cref="TimeProvider.GetTimestamp"/>.</param>
public sealed record LlmRequestEnd(bool Completed, DateTimeOffset At, long Timestamp);

/// <summary>A request that the emulator received. Keys are not kept, only whether they were right.</summary>
public sealed class LlmRequest
{
    private readonly TaskCompletionSource<LlmRequestEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>1 for the first request of this emulator, over all wires.</summary>
    public int Number { get; internal set; }

    public required LlmWire Wire { get; init; }

    /// <summary>Path and query.</summary>
    public required string Target { get; init; }

    /// <summary>Empty for a request of a model list.</summary>
    public required string Model { get; init; }

    /// <summary>Empty = none.</summary>
    public required string SystemPrompt { get; init; }

    /// <summary>Without the system prompt, oldest first.</summary>
    public required IReadOnlyList<LlmRequestMessage> Messages { get; init; }

    /// <summary>Header names in lower case; the key's header is left out.</summary>
    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    public required bool KeyPresent { get; init; }

    /// <summary>Whether the key equals the one in <see cref="LlmEmulatorOptions"/>; true when that sets none.</summary>
    public required bool KeyExpected { get; init; }

    /// <summary>Undefined for a request without one.</summary>
    public required JsonElement Body { get; init; }

    /// <summary>The connection that it came over; the same one for several requests when the client keeps it.</summary>
    public required string Connection { get; init; }

    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>Just before the first text was written; null until then.</summary>
    public DateTimeOffset? FirstTextAt { get; internal set; }

    /// <summary>Just before the latest bytes were written; null until then.</summary>
    public DateTimeOffset? LastWriteAt { get; internal set; }

    /// <summary>Completes when the exchange is over, by either side.</summary>
    public Task<LlmRequestEnd> Ended => _ended.Task;

    /// <summary>How it ended; null until then.</summary>
    public LlmRequestEnd? Outcome { get; private set; }

    public string LastUserMessage => Messages.LastOrDefault(message => message.Role == "user")?.Content ?? "";

    internal void End(LlmRequestEnd end)
    {
        Outcome ??= end;
        _ended.TrySetResult(Outcome);
    }
}
