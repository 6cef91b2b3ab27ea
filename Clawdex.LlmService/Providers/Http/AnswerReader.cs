using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace Clawdex.LlmService.Providers.Http;

/// <summary>
/// Reads the answer in one HTTP response, whatever state it arrives in: its text as it comes, and how it ended. What a response
/// is, its first bytes tell: servers and proxies label streams as anything.
/// </summary>
internal sealed class AnswerReader
{
    private const int MaxEventsAfterTheEnd = 100;

    /// <summary>Tells JSON from words, in any indentation.</summary>
    private const int LongestBeginning = 64;

    private static readonly TimeSpan WaitForLastBytes = TimeSpan.FromMilliseconds(250);

    private readonly IChatProvider _provider;
    private readonly AnswerState _answer;
    private readonly SurrogateJoint _joint = new();
    private readonly ThoughtFilter _thoughts = new();
    private readonly StringBuilder _text = new();
    private string? _words;

    private AnswerReader(IChatProvider provider, string modelId) => (_provider, _answer) = (provider, new AnswerState(modelId));

    private static ReadOnlySpan<byte> WhiteSpace => " \t\r\n"u8;

    private static ReadOnlySpan<byte> Done => "[DONE]"u8;

    private static ReadOnlySpan<byte> Field => "data:"u8;

    /// <summary>Deltas, then one finished or failed.</summary>
    public static async IAsyncEnumerable<ChatEvent> ReadAsync(
        IChatProvider provider, string modelId, HttpResponseMessage response, IdleTimer idle, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = new AnswerReader(provider, modelId);
        var answer = reader._answer;
        await using var body = await ProviderHttp.OpenBodyAsync(response, idle);
        var events = new SseReader(body);

        var (more, broken) = (true, FailureKind.CutOff);
        // A finish reason is no end: usage may follow, and some servers send one with every piece of the text.
        while (!answer.Closed && answer.Failure is null)
        {
            (more, broken) = await NextAsync(events, idle, cancellationToken);
            if (!more)
                break;
            idle.Heard();
            if (events.IsError)
                reader.ReadError(events.Data.Span);
            else if (reader.Read(events.Data.Span) is { Length: > 0 } text)
                yield return new ChatEvent.Delta(text);
        }

        if (reader.ReadStray(events) + reader.Flush() is { Length: > 0 } rest)
            yield return new ChatEvent.Delta(rest);
        if (broken is FailureKind.CutOff)
            reader.Explain();
        yield return answer.Conclude(broken);

        // The rest of a response, normally nothing, is read so that the connection can serve the next chat.
        idle.Limit = WaitForLastBytes;
        for (var i = 0; more && i < MaxEventsAfterTheEnd; i++)
            (more, _) = await NextAsync(events, idle, cancellationToken);
    }

    private static async ValueTask<(bool More, FailureKind Broken)> NextAsync(SseReader events, IdleTimer idle, CancellationToken cancellationToken)
    {
        try
        {
            return (await events.ReadAsync(cancellationToken), FailureKind.CutOff);
        }
        catch (OperationCanceledException) when (idle.Expired)
        {
            return (false, idle.Failure);
        }
        catch (SseLimitException)
        {
            return (false, FailureKind.Overlong);
        }
        catch (Exception exception) when (ProviderHttp.IsBrokenBody(exception))
        {
            idle.Token.ThrowIfCancellationRequested();
            return (false, FailureKind.CutOff);
        }
    }

    /// <summary>
    /// What came outside any event: an error, which counts even where the stream ended in good order; an answer that was not
    /// streamed although it was asked to be; or words.
    /// </summary>
    private string ReadStray(SseReader events)
    {
        if (_answer.Failure is not null || events.Stray is not { Length: > 0 } stray)
            return "";
        if (_answer.Reason is not null)
        {
            if (ErrorReader.IsError(stray))
                _answer.Failure = ErrorReader.Read(stray, _provider.Key);
            return "";
        }

        // It came before the end, even if only the end came as an event.
        _answer.Closed = false;
        return Read(Encoding.UTF8.GetBytes(stray));
    }

    /// <summary>Text and state of an event's data, or of a body that is no stream of events. Either may hold several values.</summary>
    private string Read(ReadOnlySpan<byte> data)
    {
        _text.Clear();
        for (var rest = data.Trim(WhiteSpace); rest.Length > 0 && _answer is { Closed: false, Failure: null }; rest = rest.TrimStart(WhiteSpace))
        {
            if (rest.StartsWith(Done))
            {
                Close();
            }
            else if (BeginsJson(rest))
            {
                _text.Append(ReadJson(ref rest));
            }
            else if (rest.StartsWith(Field))
            {
                // A proxy has put a stream into a stream.
                rest = rest[Field.Length..];
            }
            else
            {
                ReadWords(Encoding.UTF8.GetString(rest));
                break;
            }
        }

        return _text.ToString();
    }

    /// <summary>Nearly every event begins as the first check has it, and costs no string.</summary>
    private static bool BeginsJson(ReadOnlySpan<byte> data) =>
        data.StartsWith("{\""u8) || (data[0] is (byte)'{' or (byte)'[' && TolerantJson.Begins(Encoding.UTF8.GetString(data[..Math.Min(data.Length, LongestBeginning)])));

    /// <summary>Only JSON can be part of an answer. Words are an error, if they say so or nothing else comes; or they keep the stream alive.</summary>
    private void ReadWords(string words)
    {
        if (ErrorReader.IsError(words))
            _answer.Failure ??= ErrorReader.Read(words, _provider.Key);
        else if (!ErrorWords.Waits().IsMatch(words))
            _words ??= words;
    }

    /// <summary>Words that came in place of an answer explain that there is none.</summary>
    private void Explain()
    {
        if (_words is not null && _answer is { HasText: false, HasPicture: false, Reason: null or FinishReason.Stop }
            && ErrorReader.Read(_words, _provider.Key) is var failure && !(failure.Kind is FailureKind.Stopped && _answer is { Began: true, Closed: false }))
            _answer.Failure ??= failure;
    }

    /// <summary>Takes what the server itself calls an error.</summary>
    private void ReadError(ReadOnlySpan<byte> text) =>
        _answer.Failure ??= ErrorReader.Read(Encoding.UTF8.GetString(text), _provider.Key);

    /// <summary>What no event completed: half a character, or what could have begun a thought.</summary>
    private string Flush() => Noted(_thoughts.Filter(_joint.Flush()) + _thoughts.Flush());

    private void Close()
    {
        _answer.Closed = true;
        if (_answer is { Began: true, Reason: null })
            _answer.End(FinishReason.Stop);
    }

    /// <param name="rest">What follows the value, afterwards.</param>
    private string ReadJson(ref ReadOnlySpan<byte> rest)
    {
        try
        {
            var reader = new Utf8JsonReader(rest);
            using var document = JsonDocument.ParseValue(ref reader);
            rest = rest[(int)reader.BytesConsumed..];
            var text = document.RootElement.ValueKind is JsonValueKind.Array
                ? string.Concat(document.RootElement.Items().Select(ReadEvent))
                : ReadEvent(document.RootElement);
            return Noted(_thoughts.Filter(_joint.Join(text)));
        }
        catch (JsonException)
        {
            if (_answer.Reason is null)
                _answer.Failure ??= new ProviderFailure(FailureKind.Unreadable);
            rest = [];
            return "";
        }
    }

    private string ReadEvent(JsonElement payload)
    {
        var hasAnswer = ErrorReader.HasAnswer(payload);
        _answer.Began |= hasAnswer;
        if (hasAnswer ? ErrorReader.HasError(payload) : ErrorReader.IsError(payload))
            _answer.Failure ??= ErrorReader.Read(payload.Raw(), _provider.Key);
        return _provider.ReadEvent(payload, _answer);
    }

    private string Noted(string text)
    {
        _answer.HasText |= text.Length > 0;
        return text;
    }
}
