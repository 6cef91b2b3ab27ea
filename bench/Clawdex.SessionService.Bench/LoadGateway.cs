using System.Collections.Concurrent;
using System.Diagnostics;
using Clawdex.SessionService.Api;
using Grpc.Core;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Bench;

/// <summary>
/// A gateway as the session service knows one: it says twice a second that it lives and what it answers, looks once a second for
/// what nobody answers, and leads each turn through the calls that the real one makes. Nothing is sent to a chat.
/// </summary>
internal sealed class LoadGateway : IAsyncDisposable
{
    /// <summary>As the real one's, where several services share the store; so are the pauses after it.</summary>
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LifeInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ClaimInterval = TimeSpan.FromSeconds(1);

    /// <summary>A message of 1 KB.</summary>
    private static readonly string Words = string.Concat(Enumerable.Repeat("word ", 200));

    private readonly Wire.Sessions.SessionsClient _client;
    private readonly LoadFigures _figures;
    private readonly bool _isCharged;
    private readonly ConcurrentDictionary<long, long> _running = [];
    private readonly CancellationTokenSource _end = new();
    private readonly Task _life;
    private readonly Task _claims;
    private volatile string _id = NewId();

    /// <param name="isCharged">Each turn has a budget, as the real gateway's have.</param>
    public LoadGateway(Wire.Sessions.SessionsClient client, LoadFigures figures, bool isCharged)
    {
        (_client, _figures, _isCharged) = (client, figures, isCharged);
        (_life, _claims) = (RepeatAsync(LiveAsync, LifeInterval), RepeatAsync(ClaimAsync, ClaimInterval));
    }

    /// <summary>One turn from its message to its end.</summary>
    /// <param name="due">Timestamp at which the message came.</param>
    /// <param name="duration">How long the model writes.</param>
    public async Task AnswerAsync(long chat, string sourceId, long due, TimeSpan duration, CancellationToken cancellationToken)
    {
        try
        {
            await LeadAsync(chat, sourceId, due, duration, cancellationToken);
        }
        catch (RpcException error)
        {
            _figures.Trouble($"given up, {error.StatusCode}");
        }
        catch (OperationCanceledException)
        {
            // The measurement is over, and the turn stays open.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_life, _claims);
        try
        {
            await CallOnceAsync(options => _client.KeepAliveAsync(new Wire.KeepAliveRequest { HolderId = _id, Instance = "bench", Leaving = true }, options), CancellationToken.None);
        }
        catch (RpcException)
        {
            // Then it is late, and the next step's gateways declare it dead.
        }

        _end.Dispose();
    }

    private static string NewId() => Guid.NewGuid().ToString("N");

    private async Task LeadAsync(long chat, string sourceId, long due, TimeSpan duration, CancellationToken cancellationToken)
    {
        var accepted = await CallAsync(options => _client.AcceptMessageAsync(RequestOf(chat, sourceId), options), cancellationToken);
        _figures.Accept.Add(due);
        if (accepted.Turn is not { Elsewhere: false } turn)
        {
            _figures.Trouble(accepted.Turn is null ? "refused, the budget is spent" : "another gateway's");
            return;
        }

        _running[turn.TurnId] = turn.AcceptedAtUnixMs;
        try
        {
            // The store hears that a message is about to be sent while the model is being asked.
            var announced = UpdateAsync(turn.TurnId, 0, delivered: false, cancellationToken);
            var context = CallAsync(options => _client.GetContextAsync(ContextOf(chat, turn.TurnId), options), cancellationToken);
            await Task.WhenAll(announced, context);
            var promptTokens = (await context).EstimatedTokens;
            await Task.Delay(duration / 10, cancellationToken);
            await UpdateAsync(turn.TurnId, 2, delivered: false, cancellationToken);
            await Task.Delay(duration * 0.9, cancellationToken);

            var answeredAt = Stopwatch.GetTimestamp();
            await CallAsync(options => _client.CompleteTurnAsync(AnswerOf(turn.TurnId, promptTokens), options), cancellationToken);
            _figures.Complete.Add(answeredAt);
            var shownAt = Stopwatch.GetTimestamp();
            await UpdateAsync(turn.TurnId, 2, delivered: true, cancellationToken);
            _figures.Settle.Add(shownAt);
        }
        finally
        {
            _running.TryRemove(turn.TurnId, out _);
        }
    }

    private Wire.AcceptMessageRequest RequestOf(long chat, string sourceId) => new()
    {
        Session = new Wire.SessionId { SessionKey = $"telegram:{chat}", Channel = "telegram", ChatId = $"{chat}" },
        SourceId = sourceId,
        Text = Words,
        OriginMessageId = 1,
        Budget = _isCharged
            ? new Wire.Budget { UserId = chat, UserLimit = 2_000_000_000, ReserveTokens = 8_200, MaxHistoryMessages = 50 }
            : null,
    };

    private static Wire.GetContextRequest ContextOf(long chat, long turnId) => new()
    {
        SessionKey = $"telegram:{chat}",
        TurnId = turnId,
        SystemPrompt = "You are a helpful assistant.",
        ContextWindow = 200_000,
        ContextWindowPercent = 80,
        MaxHistoryMessages = 50,
    };

    private Wire.CompleteTurnRequest AnswerOf(long turnId, int promptTokens)
    {
        var request = new Wire.CompleteTurnRequest
        {
            TurnId = turnId,
            Text = Words,
            FinishReason = Wire.FinishReason.Stop,
            Model = "bench",
            PromptTokens = promptTokens,
            CompletionTokens = 250,
            EstimatedPromptTokens = promptTokens,
        };
        if (_isCharged)
            request.Tokens = promptTokens + 250;
        return request;
    }

    private Task<Wire.UpdateDeliveryResponse> UpdateAsync(long turnId, long messageId, bool delivered, CancellationToken cancellationToken) =>
        CallAsync(
            options => _client.UpdateDeliveryAsync(new Wire.UpdateDeliveryRequest { TurnId = turnId, ReplyMessageIds = { messageId }, Delivered = delivered }, options),
            cancellationToken);

    private async Task LiveAsync(CancellationToken cancellationToken)
    {
        var request = new Wire.KeepAliveRequest { HolderId = _id, Instance = "bench" };
        request.Running.AddRange(_running.Select(turn => new Wire.RunningTurn { TurnId = turn.Key, AcceptedAtUnixMs = turn.Value }));
        if (!(await CallOnceAsync(options => _client.KeepAliveAsync(request, options), cancellationToken)).Dead)
            return;
        _figures.Trouble("a gateway declared dead");
        _id = NewId();
    }

    private async Task ClaimAsync(CancellationToken cancellationToken)
    {
        var claimed = await CallOnceAsync(options => _client.ClaimTurnsAsync(new Wire.ClaimTurnsRequest(), options), cancellationToken);
        if (claimed.Turns.Count > 0)
            _figures.Trouble("taken up from another gateway", claimed.Turns.Count);
    }

    private async Task RepeatAsync(Func<CancellationToken, Task> step, TimeSpan interval)
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                await step(_end.Token);
            }
            catch (RpcException error)
            {
                if (!_end.IsCancellationRequested)
                    _figures.Trouble($"life or claim, {error.StatusCode}");
            }

            await Task.Delay(interval, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Repeated while the service is away or does not answer in time, as the real gateway does.</summary>
    private async Task<T> CallAsync<T>(Func<CallOptions, AsyncUnaryCall<T>> call, CancellationToken cancellationToken)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                return await CallOnceAsync(call, cancellationToken);
            }
            catch (RpcException) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(cancellationToken);
            }
            catch (RpcException error) when (error.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Cancelled or StatusCode.ResourceExhausted)
            {
                _figures.Trouble($"repeated, {error.StatusCode}");
            }

            await Task.Delay(pause, cancellationToken);
        }
    }

    private async Task<T> CallOnceAsync<T>(Func<CallOptions, AsyncUnaryCall<T>> call, CancellationToken cancellationToken)
    {
        // By the system's clock, because gRPC counts by that.
        using var attempt = call(new CallOptions(new Metadata { { CallInterceptor.Header, _id } }, DateTime.UtcNow + CallTimeout, cancellationToken));
        return await attempt.ResponseAsync;
    }
}
