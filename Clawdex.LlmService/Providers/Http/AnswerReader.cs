using System.Runtime.CompilerServices;
using System.Text;

namespace Clawdex.LlmService.Providers.Http;

/// <summary>
/// Reads the answer in one HTTP response, whatever state it arrives in: its text as it comes, and how it ended. What a response
/// is, its first bytes tell: servers and proxies label streams as anything.
/// </summary>
internal static class AnswerReader
{
    private const int MaxEventsAfterTheEnd = 100;

    private static readonly TimeSpan WaitForLastBytes = TimeSpan.FromMilliseconds(250);

    /// <summary>Deltas, then one finished or failed.</summary>
    public static async IAsyncEnumerable<ChatEvent> ReadAsync(
        IChatProvider provider, string modelId, HttpResponseMessage response, IdleTimer idle, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var answer = new AnswerState(modelId);
        var reader = new EventReader(provider, answer);
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

        if (ReadStray(events, answer, reader) + reader.Flush() is { Length: > 0 } rest)
            yield return new ChatEvent.Delta(rest);
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
    /// What came outside any event explains an answer that has no end: an error, or an answer that was not streamed although it
    /// was asked to be. An error counts also where each piece of the text has said "stop".
    /// </summary>
    private static string ReadStray(SseReader events, AnswerState answer, EventReader reader)
    {
        if (answer.Failure is not null || events.Stray is not { } stray || string.IsNullOrWhiteSpace(stray))
            return "";
        var bytes = Encoding.UTF8.GetBytes(stray);
        var isJson = stray.TrimStart()[0] is '{' or '[';
        if (isJson && answer.Reason is null)
            return reader.Read(bytes);
        if (isJson ? !answer.Closed && ErrorReader.IsError(TolerantJson.Parse(stray).OneOrFirst()) : !answer.Began)
            reader.ReadError(bytes);
        return "";
    }
}
