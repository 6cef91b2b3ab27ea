using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;

namespace Clawdex.LlmService.Providers.Http;

/// <summary>Reads the answer in one HTTP response, whatever state it arrives in: its text as it comes, and how it ended.</summary>
internal static class AnswerReader
{
    private const int MaxEventsAfterTheEnd = 100;

    /// <summary>A finish reason came; the usage may follow.</summary>
    private static readonly TimeSpan WaitForUsage = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WaitForLastBytes = TimeSpan.FromMilliseconds(250);

    /// <summary>Deltas, then one finished or failed.</summary>
    public static async IAsyncEnumerable<ChatEvent> ReadAsync(
        IChatProvider provider, string modelId, HttpResponseMessage response, IdleTimer idle, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (MediaTypeOf(response) is "TEXT/HTML")
        {
            yield return new ChatEvent.Failed(new ProviderFailure(FailureKind.WebPage));
            yield break;
        }

        var answer = new AnswerState(modelId);
        var reader = new EventReader(provider, answer);
        await using var body = new SseGuardStream(await ProviderHttp.OpenBodyAsync(response, idle));
        await using var events = EventsAsync(response, body, reader, idle).GetAsyncEnumerator(cancellationToken);

        var (more, broken) = (true, default(FailureKind?));
        while (!answer.Closed && answer.Failure is null)
        {
            (more, broken) = await NextAsync(events, idle);
            if (!more)
                break;
            if (events.Current.Data is { Length: > 0 } text)
                yield return new ChatEvent.Delta(text);
            if (answer.Reason is not null)
                idle.Limit = WaitForUsage;
        }

        if (reader.Flush() is { Length: > 0 } rest)
            yield return new ChatEvent.Delta(rest);
        yield return End(answer, reader, broken, body.Stray);

        // The rest of a response, normally nothing, is read so that the connection can serve the next chat.
        idle.Limit = WaitForLastBytes;
        for (var i = 0; more && i < MaxEventsAfterTheEnd; i++)
            (more, _) = await NextAsync(events, idle);
    }

    private static string? MediaTypeOf(HttpResponseMessage response) =>
        response.Content.Headers.ContentType?.MediaType?.ToUpperInvariant();

    private static IAsyncEnumerable<SseItem<string>> EventsAsync(
        HttpResponseMessage response, SseGuardStream body, EventReader reader, IdleTimer idle) =>
        MediaTypeOf(response) is "APPLICATION/JSON"
            ? WholeBodyAsync(response, reader, idle)
            : SseParser.Create(body, (_, data) => reader.Read(data)).EnumerateAsync();

    /// <summary>An error, or an answer that was not streamed although it was asked to be.</summary>
    private static async IAsyncEnumerable<SseItem<string>> WholeBodyAsync(
        HttpResponseMessage response, EventReader reader, IdleTimer idle)
    {
        var text = await ProviderHttp.ReadTextAsync(response, SseGuardStream.MaxLineBytes, idle);
        yield return new SseItem<string>(reader.Read(Encoding.UTF8.GetBytes(text)));
    }

    private static async ValueTask<(bool More, FailureKind? Broken)> NextAsync(IAsyncEnumerator<SseItem<string>> events, IdleTimer idle)
    {
        try
        {
            return (await events.MoveNextAsync(), null);
        }
        catch (OperationCanceledException) when (idle.Expired)
        {
            return (false, FailureKind.Silent);
        }
        catch (SseLimitException)
        {
            return (false, FailureKind.Overlong);
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException)
        {
            idle.Token.ThrowIfCancellationRequested();
            return (false, FailureKind.CutOff);
        }
    }

    private static ChatEvent End(AnswerState answer, EventReader reader, FailureKind? broken, string stray)
    {
        if (answer is { Failure: null, Reason: null } && stray.Length > 0)
            reader.Read(Encoding.UTF8.GetBytes(stray));
        if (answer.Failure is { } failure)
            return new ChatEvent.Failed(failure);
        if (answer.Reason is { } reason)
            return new ChatEvent.Finished(reason, answer.Usage, answer.Model, answer.Why);
        return new ChatEvent.Failed(new ProviderFailure(broken ?? FailureKind.CutOff));
    }
}
