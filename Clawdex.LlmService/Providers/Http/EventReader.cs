using System.Text;
using System.Text.Json;

namespace Clawdex.LlmService.Providers.Http;

/// <summary>Turns the payload of one event into text for the user; what else it says goes into the answer's state.</summary>
internal sealed class EventReader(IChatProvider provider, AnswerState answer)
{
    private readonly SurrogateJoint _joint = new();
    private readonly ThoughtFilter _thoughts = new();
    private readonly StringBuilder _text = new();

    private static ReadOnlySpan<byte> WhiteSpace => " \t\r\n"u8;

    private static ReadOnlySpan<byte> Done => "[DONE]"u8;

    /// <summary>Text and state of an event's data, or of a body that is no stream of events. Either may hold several values.</summary>
    public string Read(ReadOnlySpan<byte> data)
    {
        _text.Clear();
        for (var rest = data.Trim(WhiteSpace); rest.Length > 0 && answer is { Closed: false, Failure: null }; rest = rest.TrimStart(WhiteSpace))
        {
            if (rest.StartsWith(Done))
                Close();
            else if (rest[0] is (byte)'{' or (byte)'[')
                _text.Append(ReadJson(ref rest));
            else
                // Some servers keep a stream alive with words; only JSON can be part of an answer.
                break;
        }

        return _text.ToString();
    }

    /// <summary>Takes what the server itself calls an error, and words in place of an answer.</summary>
    public void ReadError(ReadOnlySpan<byte> text) =>
        answer.Failure ??= ErrorReader.Read(Encoding.UTF8.GetString(text), provider.Key);

    /// <summary>What no event completed: half a character, or what could have begun a thought.</summary>
    public string Flush() => Noted(_thoughts.Filter(_joint.Flush()) + _thoughts.Flush());

    private void Close()
    {
        answer.Closed = true;
        if (answer is { Began: true, Reason: null })
            answer.End(FinishReason.Stop);
    }

    /// <param name="rest">What follows the value, afterwards.</param>
    private string ReadJson(ref ReadOnlySpan<byte> rest)
    {
        try
        {
            var reader = new Utf8JsonReader(rest);
            using var document = JsonDocument.ParseValue(ref reader);
            rest = rest[(int)reader.BytesConsumed..];
            answer.Began = true;
            var text = document.RootElement.ValueKind is JsonValueKind.Array
                ? string.Concat(document.RootElement.Items().Select(ReadEvent))
                : ReadEvent(document.RootElement);
            return Noted(_thoughts.Filter(_joint.Join(text)));
        }
        catch (JsonException)
        {
            if (answer.Reason is null)
                answer.Failure ??= new ProviderFailure(FailureKind.Unreadable);
            rest = [];
            return "";
        }
    }

    private string ReadEvent(JsonElement payload)
    {
        if (ErrorReader.IsError(payload))
            answer.Failure ??= ErrorReader.Read(payload.Raw(), provider.Key);
        return provider.ReadEvent(payload, answer);
    }

    private string Noted(string text)
    {
        answer.HasText |= text.Length > 0;
        return text;
    }
}
