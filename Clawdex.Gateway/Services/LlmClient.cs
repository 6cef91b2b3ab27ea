using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Clawdex.Llm.V1;
using Grpc.Core;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Proto = Clawdex.Llm.V1;

namespace Clawdex.Gateway.Services;

/// <summary>
/// The LLM service as the gateway sees it: own records in and out, failures as values. An answer without
/// an id is not asked for again once the request may have reached a provider: it would be a second paid answer.
/// </summary>
internal sealed class LlmClient(Proto.Llm.LlmClient client, IOptions<AgentOptions> agent, TimeProvider time) : IHealthCheck
{
    private static readonly TimeSpan LookupTimeout = TimeSpan.FromSeconds(5);

    /// <summary>How long a request that cannot reach the service (it restarts) is tried again.</summary>
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ConnectPause = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// The service says at once that it has begun; then it may think for long. Who takes the call and does not say so is not the
    /// service but a proxy before one that is gone, such as Aspire's.
    /// </summary>
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The status follows the last event at once; a service that is killed in between must not hold up the answer's last edit.</summary>
    private static readonly TimeSpan StatusTimeout = TimeSpan.FromMilliseconds(250);

    /// <summary>An answer that cannot be stopped ends by itself, since nobody reads it.</summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(1);

    /// <summary>From then on this is unhealthy: below 100 s together with the time after which a silent service is given up.</summary>
    private static readonly TimeSpan LongestOutage = TimeSpan.FromSeconds(80);

    /// <summary>Whoever asks for the health waits for it.</summary>
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Services that are asked for an answer that they do not know.</summary>
    private const int MostStops = 4;

    private readonly RecentLookups _recent = new(time);
    private readonly Outage _outage = new(time);

    /// <summary>
    /// Whether the LLM service can be reached, and the default model's provider is set up: else nobody gets an answer. A restart passes
    /// unnoticed. What a provider says, even that it is down, is an answer of the service.
    /// </summary>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken)
    {
        // In no trace, as what nobody's message caused.
        Activity.Current = null;
        var model = agent.Value.Model;
        // Turns may not ask the service for hours, and one that stands still is noticed by theirs late.
        if (!(await AskAsync(model, ProbeTimeout, cancellationToken)).IsAvailable)
            return HealthCheckResult.Unhealthy($"The provider of agent:model ({model}) is not configured");
        return _outage.Duration is { } away && away > LongestOutage
            ? HealthCheckResult.Unhealthy(string.Create(CultureInfo.InvariantCulture, $"The LLM service has not answered for {away.TotalSeconds:0} s"))
            : HealthCheckResult.Healthy();
    }

    /// <summary>Says what a model string stands for; a known model's answer is remembered for a while, since each turn asks.</summary>
    public async Task<ModelLookup> ResolveAsync(string model, CancellationToken cancellationToken)
    {
        if (_recent.TryGet(model, out var recent))
            return recent;
        var lookup = await AskAsync(model, LookupTimeout, cancellationToken);
        if (lookup.Known)
            _recent.Add(model, lookup);
        return lookup;
    }

    /// <summary>The same, from the service itself.</summary>
    private async Task<ModelLookup> AskAsync(string model, TimeSpan atMost, CancellationToken cancellationToken)
    {
        try
        {
            using var timeout = new CancellationTokenSource(atMost, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
            var request = new ResolveModelRequest { Model = model };
            var response = await client.ResolveModelAsync(request, cancellationToken: either.Token);
            _outage.End();
            return new ModelLookup(response.Model.ContextWindow, response.Known, [.. response.Suggestions])
            {
                IsAvailable = response.IsConfigured,
            };
        }
        catch (RpcException error) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(error.Status.Detail, error, cancellationToken);
        }
        catch (RpcException error)
        {
            var failure = LlmFailure.Of(error);
            Note(failure);
            return new ModelLookup(0, Known: false, []) { Failure = failure };
        }
    }

    /// <summary>
    /// Streams one answer: <see cref="AnswerEvent.Started"/>, deltas, then exactly one <see cref="AnswerEvent.Finished"/>. A cancelled
    /// token ends it as <see cref="AnswerEnd.Cancelled"/>, without an exception.
    /// </summary>
    /// <param name="answerId">
    /// With one, the answer goes on when this call ends, whatever ended it: for a while it can be taken up, and until then
    /// <see cref="StopAsync"/> alone keeps it from being paid for. Empty = it ends with the call.
    /// </param>
    public async IAsyncEnumerable<AnswerEvent> StreamAsync(
        string answerId, string model, string systemPrompt, IReadOnlyList<ChatMessage> messages, int maxOutputTokens,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = ToRequest(model, systemPrompt, messages);
        (request.AnswerId, request.MaxOutputTokens) = (answerId, maxOutputTokens);
        var start = time.GetTimestamp();
        bool isTriedAgain;
        do
        {
            isTriedAgain = false;
            var heard = false;
            await foreach (var answer in StreamOnceAsync(request, cancellationToken))
            {
                var unreachable = !heard && answer is AnswerEvent.Finished { Failure.Kind: LlmFailureKind.Unreachable };
                isTriedAgain = unreachable && time.GetElapsedTime(start) <= ConnectPatience && await PausedAsync(cancellationToken);
                if (isTriedAgain)
                    break;
                heard = true;
                yield return answer;
            }
        }
        while (isTriedAgain);
    }

    /// <summary>Ends an answer that nobody wants any more, if it runs at all. Of several services, calls reach one after the other, and one of them has it.</summary>
    public async Task StopAsync(string answerId)
    {
        using var timeout = new CancellationTokenSource(StopTimeout, time);
        for (var attempt = 0; attempt < MostStops && !timeout.IsCancellationRequested; attempt++)
        {
            try
            {
                if ((await client.StopChatAsync(new StopChatRequest { AnswerId = answerId }, cancellationToken: timeout.Token)).Known)
                    return;
            }
            catch (RpcException)
            {
                // The service is gone, and the answer with it; or it hears that nobody reads.
            }
        }
    }

    private async Task<bool> PausedAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(ConnectPause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !cancellationToken.IsCancellationRequested;
    }

    private async IAsyncEnumerable<AnswerEvent> StreamOnceAsync(
        StreamChatRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource(StartTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token);
        using var call = client.StreamChat(request, new CallOptions(cancellationToken: either.Token));
        while (true)
        {
            var next = await NextAsync(call.ResponseStream, cancellationToken);
            silence.CancelAfter(Timeout.InfiniteTimeSpan);
            if (next is AnswerEvent.Started)
                _outage.End();
            if (next is AnswerEvent.Finished { Failure: { } failure })
            {
                Note(failure);
            }
            else if (next is AnswerEvent.Finished)
            {
                silence.CancelAfter(StatusTimeout);
                await ReadToEndAsync(call.ResponseStream, either.Token);
            }

            if (next is not null)
                yield return next;
            if (next is AnswerEvent.Finished)
                yield break;
        }
    }

    /// <summary>A call that is left before its status has come is reset, and stands as cancelled in every trace.</summary>
    private static async Task ReadToEndAsync(IAsyncStreamReader<StreamChatResponse> stream, CancellationToken cancellationToken)
    {
        try
        {
            while (await stream.MoveNext(cancellationToken))
            {
                // The answer is complete: what a later version may add to it is not needed.
            }
        }
        catch (Exception error) when (error is RpcException or OperationCanceledException)
        {
            // The answer is complete whatever became of the call.
        }
    }

    /// <summary>The next event; null = one that this version does not know.</summary>
    private static async Task<AnswerEvent?> NextAsync(IAsyncStreamReader<StreamChatResponse> stream, CancellationToken cancellationToken)
    {
        try
        {
            return await stream.MoveNext(cancellationToken) ? AnswerEvent.Of(stream.Current) : new AnswerEvent.Finished(AnswerEnd.Interrupted);
        }
        catch (Exception error) when (error is RpcException or OperationCanceledException && cancellationToken.IsCancellationRequested)
        {
            return new AnswerEvent.Finished(AnswerEnd.Cancelled);
        }
        catch (RpcException error)
        {
            return AnswerEvent.Finished.Of(LlmFailure.Of(error));
        }
    }

    private void Note(LlmFailure failure)
    {
        if (failure.Kind is LlmFailureKind.Unreachable)
            _outage.Begin();
        else
            _outage.End();
    }

    private static StreamChatRequest ToRequest(string model, string systemPrompt, IReadOnlyList<ChatMessage> messages)
    {
        // A summary is not something the user said now; providers without a second system role read it as context.
        var summaries = messages.Where(message => message.Role is ChatRole.Summary).Select(message => $"Summary of the conversation so far:\n{message.Text}");
        var request = new StreamChatRequest { Model = model, SystemPrompt = string.Join("\n\n", summaries.Prepend(systemPrompt).Where(text => text.Length > 0)) };
        request.Messages.AddRange(messages.Where(message => message.Role is not ChatRole.Summary).Select(message => new Proto.ChatMessage
        {
            Role = message.Role is ChatRole.Assistant ? Role.Assistant : Role.User,
            Content = message.Text,
        }));
        return request;
    }
}
