using System.Text.Json;
using System.Text.Json.Serialization;
using Clawdex.LlmEmulator.Requests;
using Clawdex.LlmEmulator.Scripts;

namespace Clawdex.LlmEmulator.Control;

/// <summary>A recorded request as <c>/emulator/requests</c> shows it.</summary>
internal sealed record RequestView(
    int Number,
    LlmWire Wire,
    string Target,
    string Model,
    string SystemPrompt,
    IReadOnlyList<LlmRequestMessage> Messages,
    IReadOnlyDictionary<string, string> Headers,
    bool KeyPresent,
    bool KeyExpected,
    JsonElement? Body,
    DateTimeOffset ReceivedAt,
    DateTimeOffset? FirstTextAt,
    DateTimeOffset? LastWriteAt,
    string State,
    DateTimeOffset? EndedAt)
{
    public static RequestView Of(LlmRequest request)
    {
        var end = request.Outcome;
        return new RequestView(
            request.Number,
            request.Wire,
            request.Target,
            request.Model,
            request.SystemPrompt,
            request.Messages,
            request.Headers,
            request.KeyPresent,
            request.KeyExpected,
            request.Body.ValueKind is JsonValueKind.Undefined ? null : request.Body,
            request.ReceivedAt,
            request.FirstTextAt,
            request.LastWriteAt,
            end switch { null => "open", { Completed: true } => "completed", _ => "cancelled" },
            end?.At);
    }
}

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web, AllowOutOfOrderMetadataProperties = true, WriteIndented = true)]
[JsonSerializable(typeof(LlmScript))]
[JsonSerializable(typeof(IReadOnlyList<LlmScript>))]
[JsonSerializable(typeof(IReadOnlyList<RequestView>))]
internal sealed partial class ControlJson : JsonSerializerContext;
