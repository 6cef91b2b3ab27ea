using System.Globalization;
using Clawdex.Sessions.V1;
using Grpc.Core;
using SessionsProto = Clawdex.Sessions.V1.Sessions;

namespace Clawdex.Gateway.Tests.Running;

/// <summary>The session service in memory: the contract's behaviour without a database.</summary>
internal sealed class FakeSessions : SessionsProto.SessionsBase
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, StoredSession> _sessions = [];
    private readonly List<Turn> _turns = [];
    private readonly Dictionary<(string Session, string Source), Turn> _bySource = [];
    private readonly HashSet<(string Session, string Source)> _resets = [];
    private readonly Dictionary<long, string> _errors = [];
    private readonly Dictionary<long, CompleteTurnRequest> _completed = [];
    private readonly LeaseQueue _lease = new();
    private long _lastMessage;

    /// <summary>Answers every call with this instead; null = works.</summary>
    public Status? Outage { get; set; }

    /// <summary>Runs before each call, with the method's name.</summary>
    public Func<string, Task>? Before { get; set; }

    /// <summary>What the calls for a chat's turns pass through; null = nothing.</summary>
    public BreakingNetwork? Network { get; set; }

    public IReadOnlyList<Turn> Turns
    {
        get
        {
            lock (_gate)
                return [.. _turns.Select(turn => turn.Clone())];
        }
    }

    public IReadOnlyList<Turn> TurnsOf(long chatId) =>
        [.. Turns.Where(turn => turn.Session.ChatId == chatId.ToString(CultureInfo.InvariantCulture))];

    /// <summary>The stable reason of a turn that failed.</summary>
    public string? ErrorOf(long turnId)
    {
        lock (_gate)
            return _errors.GetValueOrDefault(turnId);
    }

    /// <summary>What a turn was completed with.</summary>
    public CompleteTurnRequest CompletionOf(long turnId)
    {
        lock (_gate)
            return _completed[turnId];
    }

    /// <summary>The history as "role: text".</summary>
    public IReadOnlyList<string> HistoryOf(string sessionKey)
    {
        lock (_gate)
            return _sessions.TryGetValue(sessionKey, out var session) ? [.. session.Messages.Select(message => $"{Name(message.Role)}: {message.Text}")] : [];
    }

    /// <summary>A turn that an earlier gateway left behind.</summary>
    public Turn Leave(string sessionKey, string chatId, string text, TurnState state, DateTimeOffset acceptedAt, params int[] replyMessageIds)
    {
        lock (_gate)
        {
            var turn = Open(new SessionId { SessionKey = sessionKey, Channel = "telegram", ChatId = chatId }, $"left-{text}", text, 1, "", acceptedAt);
            turn.State = state;
            turn.ReplyMessageIds.AddRange(replyMessageIds.Select(id => (long)id));
            return turn;
        }
    }

    /// <summary>As if no turn had had the time to record what it was about to send.</summary>
    public void ForgetMessages()
    {
        lock (_gate)
        {
            foreach (var turn in _turns)
            {
                turn.ReplyMessageIds.Clear();
                turn.ReplyMessageIds.Add(0);
            }
        }
    }

    public void Answer(Turn turn, string text)
    {
        lock (_gate)
            Complete(turn, text, FinishReason.Stop, "");
    }

    public override Task<AcceptMessageResponse> AcceptMessage(AcceptMessageRequest request, ServerCallContext context) => RunAsync("AcceptMessage", () =>
    {
        if (_bySource.TryGetValue((request.Session.SessionKey, request.SourceId), out var known))
            return new AcceptMessageResponse { Duplicate = true, Turn = known.Clone() };
        if (request.HasContinuesTurnId)
        {
            var last = _sessions.GetValueOrDefault(request.Session.SessionKey)?.Messages.LastOrDefault();
            Require(last is { Role: Role.Assistant } && last.TurnId == request.ContinuesTurnId && Find(last.TurnId).FinishReason is FinishReason.Length or FinishReason.Interrupted);
        }

        var turn = Open(request.Session, request.SourceId, request.Text, request.OriginMessageId, request.TraceParent, TimeProvider.System.GetUtcNow());
        return new AcceptMessageResponse { Turn = turn.Clone() };
    });

    public override Task<GetContextResponse> GetContext(GetContextRequest request, ServerCallContext context) => RunAsync("GetContext", () =>
    {
        if (!_sessions.TryGetValue(request.SessionKey, out var session))
            throw Error(StatusCode.NotFound, "no session");
        if (request.TurnId > 0 && session.Messages.All(message => message.TurnId != request.TurnId))
            throw Error(StatusCode.NotFound, "no such turn");
        var response = new GetContextResponse { ModelOverride = session.Model ?? "" };
        if (session.Summary is { } summary)
            response.Messages.Add(new ContextMessage { Role = Role.System, Content = summary });
        var messages = session.Messages
            .Where(message => message.Id > session.CompactedTo)
            .TakeWhile(message => request.TurnId == 0 || message.TurnId <= request.TurnId)
            .TakeLast(request.MaxHistoryMessages);
        response.Messages.AddRange(messages.Select(message => new ContextMessage { Role = message.Role, Content = message.Text }));
        response.EstimatedTokens = response.Messages.Sum(message => message.Content.Length / 4);
        return response;
    });

    public override Task<UpdateDeliveryResponse> UpdateDelivery(UpdateDeliveryRequest request, ServerCallContext context) => RunOfAsync("UpdateDelivery", request.TurnId, () =>
    {
        var turn = Find(request.TurnId);
        if (turn.State >= TurnState.Delivered)
        {
            Require(request.ReplyMessageIds.All(turn.ReplyMessageIds.Contains));
            return new UpdateDeliveryResponse { State = turn.State };
        }

        if (request.ReplyMessageIds.Count > 0)
        {
            turn.ReplyMessageIds.Clear();
            turn.ReplyMessageIds.AddRange(request.ReplyMessageIds);
        }

        if (turn.State is TurnState.Accepted)
            turn.State = TurnState.Streaming;
        if (request.Delivered)
        {
            Require(turn.State is not TurnState.Streaming);
            turn.State = turn.FinishReason switch
            {
                FinishReason.Cancelled => TurnState.Cancelled,
                FinishReason.Interrupted => TurnState.Interrupted,
                _ => TurnState.Delivered,
            };
        }

        return new UpdateDeliveryResponse { State = turn.State };
    });

    public override Task<CompleteTurnResponse> CompleteTurn(CompleteTurnRequest request, ServerCallContext context) => RunOfAsync("CompleteTurn", request.TurnId, () =>
    {
        var turn = Find(request.TurnId);
        Require(turn.State is TurnState.Accepted or TurnState.Streaming or TurnState.Answered);
        if (turn.State is not TurnState.Answered)
        {
            Complete(turn, request.Text, request.FinishReason, request.Detail);
            _completed[turn.TurnId] = request;
        }

        return new CompleteTurnResponse { State = turn.State };
    });

    public override Task<FailTurnResponse> FailTurn(FailTurnRequest request, ServerCallContext context) => RunOfAsync("FailTurn", request.TurnId, () =>
    {
        var turn = Find(request.TurnId);
        var end = request.FinishReason switch
        {
            FinishReason.Cancelled => TurnState.Cancelled,
            FinishReason.Interrupted => TurnState.Interrupted,
            _ => TurnState.Failed,
        };
        Require(turn.State < TurnState.Delivered || turn.State == end);
        turn.State = end;
        _errors[turn.TurnId] = request.Error;
        return new FailTurnResponse { State = turn.State };
    });

    public override Task<ListOpenTurnsResponse> ListOpenTurns(ListOpenTurnsRequest request, ServerCallContext context) => RunAsync("ListOpenTurns", () =>
    {
        var response = new ListOpenTurnsResponse();
        response.Turns.AddRange(_turns
            .Where(turn => turn.TurnId > request.AfterTurnId && turn.State is TurnState.Accepted or TurnState.Streaming or TurnState.Answered)
            .Where(turn => turn.TurnId > request.AfterTurnId)
            .Take(request.PageSize)
            .Select(turn => turn.Clone()));
        return response;
    });

    public override Task<ListRecentMessagesResponse> ListRecentMessages(ListRecentMessagesRequest request, ServerCallContext context) =>
        RunAsync("ListRecentMessages", () => new ListRecentMessagesResponse
        {
            Turns =
            {
                _turns.AsEnumerable().Reverse().Select(turn => new TurnMessages
                {
                    TurnId = turn.TurnId,
                    SessionKey = turn.Session.SessionKey,
                    OriginMessageId = turn.OriginMessageId,
                    ReplyMessageIds = { turn.ReplyMessageIds },
                }),
            },
        });

    public override Task<GetSessionResponse> GetSession(GetSessionRequest request, ServerCallContext context) => RunAsync("GetSession", () =>
    {
        var session = _sessions.GetValueOrDefault(request.SessionKey);
        var response = new GetSessionResponse
        {
            Exists = session is not null,
            ModelOverride = session?.Model ?? "",
            MessageCount = session?.Messages.Count ?? 0,
            CreatedAtUnixMs = (session?.CreatedAt ?? default).ToUnixTimeMilliseconds(),
            ContextTokens = session?.Messages.Sum(message => message.Text.Length / 4) ?? 0,
            LastModel = _completed.Values.Where(turn => Find(turn.TurnId).Session.SessionKey == request.SessionKey).MaxBy(turn => turn.TurnId)?.Model ?? "",
            LastTraceParent = _turns.Where(turn => turn.Session.SessionKey == request.SessionKey).MaxBy(turn => turn.TurnId)?.TraceParent ?? "",
        };
        return response;
    });

    public override Task<SetModelResponse> SetModel(SetModelRequest request, ServerCallContext context) => RunAsync("SetModel", () =>
    {
        SessionOf(request.Session).Model = request.Model;
        return new SetModelResponse();
    });

    public override Task<ResetResponse> Reset(ResetRequest request, ServerCallContext context) => RunAsync("Reset", () =>
    {
        if (!_resets.Add((request.Session.SessionKey, request.SourceId)))
            return new ResetResponse { Duplicate = true };
        var session = SessionOf(request.Session);
        var deleted = session.Messages.Count;
        if (request.Forget)
        {
            foreach (var turn in _turns.Where(turn => turn.Session.SessionKey == request.Session.SessionKey && turn.State < TurnState.Delivered))
                turn.State = TurnState.Cancelled;
            _sessions.Remove(request.Session.SessionKey);
            return new ResetResponse { DeletedMessages = deleted };
        }

        session.Messages.Clear();
        (session.Summary, session.CompactedTo) = (null, 0);
        return new ResetResponse { DeletedMessages = deleted };
    });

    public override Task<BeginCompactionResponse> BeginCompaction(BeginCompactionRequest request, ServerCallContext context) => RunAsync("BeginCompaction", () =>
    {
        var live = Live(request.SessionKey);
        var half = live.Take(live.Count / 2).ToList();
        while (request.MaxTokens > 0 && half.Sum(message => message.Text.Length / 4) > request.MaxTokens)
            half.RemoveAt(half.Count - 1);
        var response = new BeginCompactionResponse { Possible = half.Count > 0 };
        if (half.Count == 0)
            return response;
        (response.FirstMessageId, response.LastMessageId) = (half[0].Id, half[^1].Id);
        response.Messages.AddRange(half.Select(message => new ContextMessage { Role = message.Role, Content = message.Text }));
        response.Tokens = half.Sum(message => message.Text.Length / 4);
        (response.ContextMessages, response.ContextTokens) = (live.Count, live.Sum(message => message.Text.Length / 4));
        return response;
    });

    public override Task<CommitCompactionResponse> CommitCompaction(CommitCompactionRequest request, ServerCallContext context) => RunAsync("CommitCompaction", () =>
    {
        var session = _sessions[request.SessionKey];
        (session.Summary, session.CompactedTo) = (request.Summary, request.LastMessageId);
        var live = Live(request.SessionKey);
        return new CommitCompactionResponse
        {
            ContextMessages = live.Count,
            ContextTokens = live.Sum(message => message.Text.Length / 4) + (request.Summary.Length / 4),
        };
    });

    public override Task<MoveSessionResponse> MoveSession(MoveSessionRequest request, ServerCallContext context) => RunAsync("MoveSession", () =>
    {
        var moved = _sessions.Keys.Where(key => key == $"telegram:{request.FromChatId}").ToList();
        foreach (var key in moved)
        {
            _sessions[$"telegram:{request.ToChatId}"] = _sessions[key];
            _sessions.Remove(key);
            foreach (var turn in _turns.Where(turn => turn.Session.SessionKey == key))
                turn.Session.SessionKey = $"telegram:{request.ToChatId}";
        }

        return new MoveSessionResponse { MovedSessions = moved.Count };
    });

    /// <summary>Ends every gateway's call for the lease, as a service does that is killed.</summary>
    public void DropLeases() => _lease.DropAll();

    /// <summary>Hands the lease to the gateway that waits, although the holder's call is open.</summary>
    public void StealLease() => _lease.Steal();

    public override async Task HoldLease(HoldLeaseRequest request, IServerStreamWriter<LeaseState> responses, ServerCallContext context)
    {
        if (Outage is { } outage)
            throw new RpcException(outage);
        await _lease.ServeAsync(request, responses, context.CancellationToken);
    }

    private async Task<T> RunOfAsync<T>(string method, long turnId, Func<T> call)
    {
        if (Network is not { } network)
            return await RunAsync(method, call);
        var chatId = Turns.FirstOrDefault(turn => turn.TurnId == turnId)?.Session.ChatId ?? "0";
        return await network.PassAsync(
            long.Parse(chatId, CultureInfo.InvariantCulture), method, () => RunAsync(method, call), () => Error(StatusCode.Unavailable, "lost"), CancellationToken.None);
    }

    private async Task<T> RunAsync<T>(string method, Func<T> call)
    {
        if (Before is { } before)
            await before(method);
        if (Outage is { } outage)
            throw new RpcException(outage);
        lock (_gate)
            return call();
    }

    private Turn Open(SessionId session, string sourceId, string text, long messageId, string traceParent, DateTimeOffset acceptedAt)
    {
        var turn = new Turn
        {
            TurnId = _turns.Count + 1,
            Session = session.Clone(),
            State = TurnState.Accepted,
            UserText = text,
            OriginMessageId = messageId,
            TraceParent = traceParent,
            AcceptedAtUnixMs = acceptedAt.ToUnixTimeMilliseconds(),
            ModelOverride = SessionOf(session).Model ?? "",
        };
        _turns.Add(turn);
        _bySource[(session.SessionKey, sourceId)] = turn;
        SessionOf(session).Messages.Add(new StoredMessage(++_lastMessage, turn.TurnId, Role.User, text));
        return turn;
    }

    private void Complete(Turn turn, string text, FinishReason reason, string detail)
    {
        (turn.State, turn.AnswerText, turn.FinishReason, turn.Detail) = (TurnState.Answered, text, reason, detail);
        var messages = SessionOf(turn.Session).Messages;
        var after = messages.FindLastIndex(message => message.TurnId <= turn.TurnId);
        messages.Insert(after + 1, new StoredMessage(++_lastMessage, turn.TurnId, Role.Assistant, text));
    }

    private StoredSession SessionOf(SessionId id)
    {
        if (!_sessions.TryGetValue(id.SessionKey, out var session))
            _sessions[id.SessionKey] = session = new StoredSession { CreatedAt = TimeProvider.System.GetUtcNow() };
        return session;
    }

    private List<StoredMessage> Live(string sessionKey) =>
        _sessions.TryGetValue(sessionKey, out var session) ? [.. session.Messages.Where(message => message.Id > session.CompactedTo)] : [];

    private Turn Find(long id) => _turns.Find(turn => turn.TurnId == id) ?? throw Error(StatusCode.NotFound, "no turn");

    private static void Require(bool allowed)
    {
        if (!allowed)
            throw Error(StatusCode.FailedPrecondition, "illegal transition");
    }

    private static RpcException Error(StatusCode code, string detail) => new(new Status(code, detail));

    private static string Name(Role role) => role is Role.Assistant ? "assistant" : "user";

    private sealed record StoredMessage(long Id, long TurnId, Role Role, string Text);

    private sealed class StoredSession
    {
        public required DateTimeOffset CreatedAt { get; init; }

        public List<StoredMessage> Messages { get; } = [];

        public string Model { get; set; } = "";

        public string? Summary { get; set; }

        public long CompactedTo { get; set; }
    }
}
