using System.Diagnostics;
using System.Threading.Channels;
using Clawdex.Sessions.V1;
using Google.Protobuf.Collections;
using Grpc.Core;
using static Clawdex.Gateway.Services.SessionMapping;
using Proto = Clawdex.Sessions.V1;

namespace Clawdex.Gateway.Services;

/// <summary>
/// The session service as the gateway sees it: own records in and out. Every call is idempotent, so a service that is away for a
/// moment is waited for: readers give up after <see cref="ReadPatience"/>, writers only when their token says so, because what
/// they write must not be lost.
/// </summary>
internal sealed class SessionClient(Proto.Sessions.SessionsClient client, ChatIds ids, TimeProvider time, ILogger<SessionClient> logger)
{
    public static readonly TimeSpan ReadPatience = TimeSpan.FromSeconds(10);

    /// <summary>
    /// A service that has not answered by then hangs. One that is only slow is waited for: a call that is cancelled and repeated
    /// would be as slow each time.
    /// </summary>
    private static readonly TimeSpan OnlyServicesTimeout = TimeSpan.FromSeconds(15);

    /// <summary>The same for one of several services: another one may answer at once.</summary>
    private static readonly TimeSpan OneOfSeveralsTimeout = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly Channel<bool> _returns = Channel.CreateBounded<bool>(1);
    private readonly Outage _outage = new(time);
    private readonly TaskCompletionSource _shared = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _answeredAt;

    /// <summary>A turn waited behind one which is settled now: another gateway took it in, and this one answers it.</summary>
    public event Action<Turn> HandedOver = _ => { };

    /// <summary>How long the service has not answered; null = it does.</summary>
    public TimeSpan? AwayFor => _outage.Duration;

    /// <summary>Logs once per outage. Of several services one may be away.</summary>
    public void NoteAway(StatusCode status)
    {
        var isOneOfSeveral = IsShared && time.GetElapsedTime(Volatile.Read(ref _answeredAt)) < OneOfSeveralsTimeout;
        if (!isOneOfSeveral && _outage.Begin())
            logger.SessionServiceIsAway(status);
    }

    public void NoteBack()
    {
        Volatile.Write(ref _answeredAt, time.GetTimestamp());
        if (!_outage.End())
            return;
        logger.SessionServiceIsBack();
        _returns.Writer.TryWrite(true);
    }

    /// <summary>Several services share the store, and several gateways answer.</summary>
    public bool IsShared => _shared.Task.IsCompleted;

    public void StoreIsShared() => _shared.TrySetResult();

    /// <summary>Ends when it is known that the store is shared; else never.</summary>
    public Task SharedAsync(CancellationToken cancellationToken) => _shared.Task.WaitAsync(cancellationToken);

    /// <summary>A turn is another gateway's. Where that cannot be, because one alone answers, it is of one that has just ended, and to be taken up.</summary>
    public void NoteElsewhere()
    {
        if (!IsShared)
            _returns.Writer.TryWrite(true);
    }

    /// <summary>Waits until the service answers again after an outage, or turns are left; what passed meanwhile counts.</summary>
    public async Task ReturnedAsync(CancellationToken cancellationToken) => await _returns.Reader.ReadAsync(cancellationToken);

    public async Task<ChatContext> GetContextAsync(
        Conversation conversation, long turnId, int contextWindow, AgentOptions agent, TimeSpan patience, CancellationToken cancellationToken)
    {
        var request = new GetContextRequest
        {
            SessionKey = ids.Current(conversation).Key,
            TurnId = turnId,
            SystemPrompt = agent.SystemPrompt,
            ContextWindow = contextWindow,
            ContextWindowPercent = agent.ContextWindowPercent,
            MaxHistoryMessages = agent.MaxHistoryMessages,
        };
        var response = await CallAsync(options => client.GetContextAsync(request, options), patience, cancellationToken);
        return new ChatContext(ToMessages(response.Messages), response.DroppedMessages, response.EstimatedTokens)
        {
            ModelOverride = Named(response.ModelOverride),
            IsNewlyCut = response.NewlyCut,
            AcceptedAt = response.AcceptedAtUnixMs > 0 ? ToTime(response.AcceptedAtUnixMs) : null,
        };
    }

    /// <summary>Records which chat messages show the reply, so that a restart goes on in them.</summary>
    public Task RecordReplyAsync(long turnId, IEnumerable<int> replyMessageIds, CancellationToken cancellationToken) =>
        WriteAsync(options => client.UpdateDeliveryAsync(ToProto(turnId, replyMessageIds, delivered: false), options), cancellationToken);

    /// <summary>Records that the whole answer is shown: the turn is settled.</summary>
    public async Task SettleAsync(long turnId, IEnumerable<int> replyMessageIds, CancellationToken cancellationToken) =>
        TakeOver((await WriteAsync(options => client.UpdateDeliveryAsync(ToProto(turnId, replyMessageIds, delivered: true), options), cancellationToken)).Next);

    /// <summary>Sets what a turn is charged, before a model is asked for it once more.</summary>
    public Task ChargeAsync(long turnId, Spent spent, CancellationToken cancellationToken) => WriteAsync(
        options => client.ChargeTurnAsync(new ChargeTurnRequest { TurnId = turnId, Tokens = spent.Tokens, CostMicrodollars = spent.Microdollars }, options),
        cancellationToken);

    /// <summary>What was charged and reserved today.</summary>
    public async Task<TokensUsed> GetUsageAsync(long userId, CancellationToken cancellationToken) =>
        ToUsed((await ReadAsync(options => client.GetUsageAsync(new GetUsageRequest { UserId = userId }, options), cancellationToken)).Usage);

    /// <summary>Notes that somebody is told how much of today's budget is used.</summary>
    /// <param name="userId">0 = everybody's budget.</param>
    /// <returns>False = he was told today.</returns>
    public async Task<bool> NoteBudgetToldAsync(long userId, int percent, CancellationToken cancellationToken) =>
        (await ReadAsync(options => client.NoteBudgetToldAsync(new NoteBudgetToldRequest { UserId = userId, Percent = percent }, options), cancellationToken)).First;

    /// <summary>Stores the assistant's text: the turn is answered.</summary>
    /// <param name="spent">What the turn cost in all.</param>
    public Task CompleteAsync(long turnId, Answer answer, AnswerUsage usage, Spent spent, CancellationToken cancellationToken)
    {
        var request = new CompleteTurnRequest
        {
            TurnId = turnId,
            Text = answer.Text,
            FinishReason = ToFinishReason(answer.End),
            Model = usage.Model,
            PromptTokens = usage.PromptTokens,
            CompletionTokens = usage.CompletionTokens,
            EstimatedPromptTokens = usage.EstimatedPromptTokens,
            Detail = answer.Note,
            Tokens = spent.Tokens,
            CostMicrodollars = spent.Microdollars,
        };
        return WriteAsync(options => client.CompleteTurnAsync(request, options), cancellationToken);
    }

    /// <summary>Ends a turn without an answer, as failed, cancelled or interrupted.</summary>
    /// <param name="error">Short and stable, never text from the user.</param>
    /// <param name="spent">What the turn cost in all; null = what it is charged so far.</param>
    public async Task FailAsync(long turnId, string error, TurnState state, Spent? spent, CancellationToken cancellationToken)
    {
        var request = new FailTurnRequest { TurnId = turnId, Error = error, FinishReason = ToFinishReason(state) };
        if (spent is not null)
            (request.Tokens, request.CostMicrodollars) = (spent.Tokens, spent.Microdollars);
        TakeOver((await WriteAsync(options => client.FailTurnAsync(request, options), cancellationToken)).Next);
    }

    public async Task<SessionSummary> GetAsync(Conversation conversation, TimeSpan patience, CancellationToken cancellationToken)
    {
        var request = new GetSessionRequest { SessionKey = ids.Current(conversation).Key };
        var response = await CallAsync(options => client.GetSessionAsync(request, options), patience, cancellationToken);
        return new SessionSummary
        {
            Exists = response.Exists,
            ModelOverride = Named(response.ModelOverride),
            Rich = response.HasRich ? response.Rich : null,
            LastModel = Named(response.LastModel),
            MessageCount = response.MessageCount,
            CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(response.CreatedAtUnixMs),
            ContextTokens = response.ContextTokens,
            CostMicrodollars = response.CostMicrodollars,
            LastTraceId = ActivityContext.TryParse(response.LastTraceParent, null, out var trace) ? trace.TraceId.ToHexString() : "",
        };
    }

    /// <summary>Sets the model of a conversation; null = the configured default again.</summary>
    public Task SetModelAsync(Conversation conversation, string? model, CancellationToken cancellationToken)
    {
        var request = new SetModelRequest { Session = ToProto(ids.Current(conversation)), Model = model ?? "" };
        return ReadAsync(options => client.SetModelAsync(request, options), cancellationToken);
    }

    /// <summary>Sets whether a conversation's answers may end as rich messages.</summary>
    public Task SetRichAsync(Conversation conversation, bool rich, CancellationToken cancellationToken)
    {
        var request = new SetRichRequest { Session = ToProto(ids.Current(conversation)), Rich = rich };
        return ReadAsync(options => client.SetRichAsync(request, options), cancellationToken);
    }

    private void TakeOver(RepeatedField<Proto.Turn> next)
    {
        foreach (var turn in next.Select(ToTurn).OfType<Turn>())
            HandedOver(turn with { Conversation = ids.First(turn.Conversation) });
    }

    /// <summary>A call that somebody waits for: it gives up after <see cref="ReadPatience"/>.</summary>
    public Task<T> ReadAsync<T>(Func<CallOptions, AsyncUnaryCall<T>> call, CancellationToken cancellationToken) =>
        CallAsync(call, ReadPatience, cancellationToken);

    /// <summary>A call that must not be lost: it gives up only when its token says so.</summary>
    public Task<T> WriteAsync<T>(Func<CallOptions, AsyncUnaryCall<T>> call, CancellationToken cancellationToken) =>
        CallAsync(call, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>One call, repeated while the service is away, for as long as <paramref name="patience"/>.</summary>
    public async Task<T> CallAsync<T>(Func<CallOptions, AsyncUnaryCall<T>> call, TimeSpan patience, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                var response = await AttemptAsync(call, cancellationToken);
                NoteBack();
                return response;
            }
            catch (RpcException error) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(error.Status.Detail, error, cancellationToken);
            }
            catch (RpcException error)
            {
                var failure = FailureOf(error);
                if (failure is SessionFailure.Away)
                    NoteAway(error.StatusCode);
                var mayPass = failure is SessionFailure.Away or SessionFailure.Full;
                if (!mayPass || (patience >= TimeSpan.Zero && time.GetElapsedTime(start) + pause > patience))
                {
                    // What was asked for may be done, and if it is a turn of this gateway's, no other one answers it.
                    if (IsShared && failure is SessionFailure.Away)
                        _returns.Writer.TryWrite(true);
                    throw new SessionException(failure, error);
                }
            }

            await Task.Delay(pause, time, cancellationToken);
        }
    }

    private async Task<T> AttemptAsync<T>(Func<CallOptions, AsyncUnaryCall<T>> call, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(IsShared ? OneOfSeveralsTimeout : OnlyServicesTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        using var attempt = call(new CallOptions(cancellationToken: either.Token));
        return await attempt.ResponseAsync;
    }
}
