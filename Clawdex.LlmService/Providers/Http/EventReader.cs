using System.Text.Json;

namespace Clawdex.LlmService.Providers.Http;

/// <summary>Turns the payload of one SSE event into text for the user; what else it says goes into the answer's state.</summary>
internal sealed class EventReader(IChatProvider provider, AnswerState answer)
{
    private readonly SurrogateJoint _joint = new();

    private static ReadOnlySpan<byte> WhiteSpace => " \t\r\n"u8;

    private static ReadOnlySpan<byte> Done => "[DONE]"u8;

    /// <remarks>Never throws on any payload: an exception would end the parser's enumeration.</remarks>
    public string Read(ReadOnlySpan<byte> data)
    {
        var payload = data.Trim(WhiteSpace);
        if (answer.Closed || payload.Length == 0)
            return "";
        if (payload.SequenceEqual(Done))
        {
            answer.Closed = true;
            if (answer.Began)
                answer.End(FinishReason.Stop);
            return _joint.Flush();
        }

        // Some servers keep a stream alive with words; only JSON can be part of an answer.
        return payload[0] is (byte)'{' or (byte)'[' ? ReadJson(payload) : "";
    }

    private string ReadJson(ReadOnlySpan<byte> payload)
    {
        try
        {
            var reader = new Utf8JsonReader(payload);
            using var document = JsonDocument.ParseValue(ref reader);
            answer.Began = true;
            return _joint.Join(document.RootElement.ValueKind is JsonValueKind.Array
                ? string.Concat(document.RootElement.Items().Select(item => provider.ReadEvent(item, answer)))
                : provider.ReadEvent(document.RootElement, answer));
        }
        catch (JsonException)
        {
            if (answer.Reason is null)
                answer.Failure ??= new ProviderFailure(FailureKind.Unreadable);
            return "";
        }
    }

    /// <summary>Half a character that no event completed.</summary>
    public string Flush() => _joint.Flush();
}
