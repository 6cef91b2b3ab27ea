using Clawdex.SessionService.History;
using Clawdex.SessionService.Storage.Postgres;
using Clawdex.SessionService.Turns;
using Grpc.Core;
using static Clawdex.SessionService.Api.Validation;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Api;

/// <summary>The contract's edge: checks requests, calls the domain, maps answers. Nothing is decided here.</summary>
internal sealed class SessionsGrpcService(
    TurnLedger turns,
    TurnOwners owners,
    UndoLedger undo,
    UsageLedger usage,
    SessionRegistry sessions,
    PeopleRegistry people,
    ContextReader contexts,
    Compactor compactor,
    Presence presence,
    GatewayLives? lives = null)
    : Wire.Sessions.SessionsBase
{
    private const int DefaultPage = 100, MaxPage = 500, MaxRecentTurns = 1000;

    public override async Task<Wire.AcceptMessageResponse> AcceptMessage(Wire.AcceptMessageRequest request, ServerCallContext context)
    {
        var caller = CallInterceptor.CallerOf(context);
        return (await turns.AcceptAsync(request.Checked(caller), context.CancellationToken)).OrThrow().ToWire(caller);
    }

    public override async Task<Wire.Turn> GetLastQuestion(Wire.GetLastQuestionRequest request, ServerCallContext context) =>
        (await undo.FindLastQuestionAsync(Key(request.SessionKey), context.CancellationToken))?.ToWire(CallInterceptor.CallerOf(context))
        ?? throw new RpcException(new Status(StatusCode.NotFound, "There is no question, or an answer is still to come."));

    public override async Task<Wire.EditQuestionResponse> EditQuestion(Wire.EditQuestionRequest request, ServerCallContext context)
    {
        var caller = CallInterceptor.CallerOf(context);
        var turn = await turns.EditQuestionAsync(
            Key(request.SessionKey), request.OriginMessageId, Text(request.Text, "text"), request.Budget?.Checked(), caller, context.CancellationToken);
        return new Wire.EditQuestionResponse { Turn = turn?.ToWire(caller) };
    }

    public override async Task<Wire.GetContextResponse> GetContext(Wire.GetContextRequest request, ServerCallContext context)
    {
        var fitted = await contexts.GetAsync(
            Key(request.SessionKey),
            request.TurnId < 0 ? throw Invalid("turn_id must not be negative") : request.TurnId,
            Long(request.SystemPrompt, "system_prompt"),
            Limits(request),
            context.CancellationToken);
        return fitted.OrThrow().ToWire();
    }

    public override async Task<Wire.UpdateDeliveryResponse> UpdateDelivery(Wire.UpdateDeliveryRequest request, ServerCallContext context)
    {
        var caller = CallInterceptor.CallerOf(context);
        var (state, next) = (await turns.UpdateDeliveryAsync(
            Id(request.TurnId, "turn_id"), [.. request.ReplyMessageIds], request.Delivered, caller, context.CancellationToken)).OrThrow();
        return new Wire.UpdateDeliveryResponse { State = state.ToWire(), Next = { next.Select(view => view.ToWire(caller)) } };
    }

    public override async Task<Wire.CompleteTurnResponse> CompleteTurn(Wire.CompleteTurnRequest request, ServerCallContext context)
    {
        var progress = await turns.CompleteAsync(request.Checked(CallInterceptor.CallerOf(context)), context.CancellationToken);
        return new Wire.CompleteTurnResponse { State = progress.OrThrow().State.ToWire() };
    }

    public override async Task<Wire.FailTurnResponse> FailTurn(Wire.FailTurnRequest request, ServerCallContext context)
    {
        var caller = CallInterceptor.CallerOf(context);
        var (state, next) = (await turns.FailAsync(
            Id(request.TurnId, "turn_id"),
            Name(request.Error, "error"),
            request.FinishReason.FromWire(),
            request.HasTokens ? ChargeOf(request.Tokens, request.CostMicrodollars) : null,
            caller,
            context.CancellationToken)).OrThrow();
        return new Wire.FailTurnResponse { State = state.ToWire(), Next = { next.Select(view => view.ToWire(caller)) } };
    }

    public override async Task<Wire.ChargeTurnResponse> ChargeTurn(Wire.ChargeTurnRequest request, ServerCallContext context)
    {
        (await usage.ChargeAsync(
            Id(request.TurnId, "turn_id"), ChargeOf(request.Tokens, request.CostMicrodollars), CallInterceptor.CallerOf(context), context.CancellationToken)).OrThrow();
        return new Wire.ChargeTurnResponse();
    }

    public override async Task<Wire.GetUsageResponse> GetUsage(Wire.GetUsageRequest request, ServerCallContext context) =>
        new() { Usage = (await usage.GetAsync(request.UserId, context.CancellationToken)).ToWire() };

    public override async Task<Wire.NoteBudgetToldResponse> NoteBudgetTold(Wire.NoteBudgetToldRequest request, ServerCallContext context)
    {
        if (request.Percent is < 1 or > 100)
            throw Invalid("percent must be from 1 to 100");
        return new Wire.NoteBudgetToldResponse { First = await usage.NoteToldAsync(request.UserId, request.Percent, context.CancellationToken) };
    }

    public override async Task<Wire.ListOpenTurnsResponse> ListOpenTurns(Wire.ListOpenTurnsRequest request, ServerCallContext context)
    {
        var caller = CallInterceptor.CallerOf(context);
        var count = Rows(request.PageSize, DefaultPage, MaxPage, "page_size");
        var open = await owners.ListOpenAsync(request.AfterTurnId, count, caller, context.CancellationToken);
        return new Wire.ListOpenTurnsResponse { Turns = { open.Select(view => view.ToWire(caller)) } };
    }

    public override async Task<Wire.ClaimTurnsResponse> ClaimTurns(Wire.ClaimTurnsRequest request, ServerCallContext context)
    {
        var caller = Name(CallInterceptor.CallerOf(context), CallInterceptor.Header);
        var claimed = (await owners.ClaimAsync(caller, context.CancellationToken)).OrThrow();
        return new Wire.ClaimTurnsResponse { Turns = { claimed.Select(view => view.ToWire(caller)) } };
    }

    public override async Task<Wire.RequestStopResponse> RequestStop(Wire.RequestStopRequest request, ServerCallContext context) =>
        new() { Requested = await owners.RequestStopAsync(Key(request.SessionKey), CallInterceptor.CallerOf(context), context.CancellationToken) };

    public override async Task<Wire.KeepAliveResponse> KeepAlive(Wire.KeepAliveRequest request, ServerCallContext context)
    {
        var (id, instance) = (Name(request.HolderId, "holder_id"), Name(request.Instance, "instance"));
        if (lives is null)
            return new Wire.KeepAliveResponse();
        if (request.Leaving)
        {
            await lives.EndAsync(id, context.CancellationToken);
            return new Wire.KeepAliveResponse { Dead = true };
        }

        var life = await lives.RenewAsync(id, instance, context.CancellationToken);
        var running = request.Running.Select(turn => (Id: turn.TurnId, AcceptedAt: turn.AcceptedAtUnixMs)).ToList();
        return life.ToWire(id, await owners.NewsOfAsync(running, context.CancellationToken));
    }

    public override async Task<Wire.ListRecentMessagesResponse> ListRecentMessages(
        Wire.ListRecentMessagesRequest request, ServerCallContext context)
    {
        var count = Rows(request.Turns, MaxRecentTurns, MaxRecentTurns, "turns");
        var recent = await turns.ListRecentAsync(Name(request.Channel, "channel"), count, context.CancellationToken);
        return new Wire.ListRecentMessagesResponse { Turns = { recent.Select(view => view.ToWireMessages()) } };
    }

    public override async Task<Wire.GetSessionResponse> GetSession(Wire.GetSessionRequest request, ServerCallContext context) =>
        await sessions.FindAsync(Key(request.SessionKey), context.CancellationToken) is { } status
            ? status.ToWire()
            : new Wire.GetSessionResponse { Exists = false };

    public override async Task<Wire.SetModelResponse> SetModel(Wire.SetModelRequest request, ServerCallContext context)
    {
        await sessions.SetModelAsync(request.Session.Checked(), Optional(request.Model, "model"), context.CancellationToken);
        return new Wire.SetModelResponse();
    }

    public override async Task<Wire.SetRichResponse> SetRich(Wire.SetRichRequest request, ServerCallContext context)
    {
        await sessions.SetRichAsync(request.Session.Checked(), request.HasRich ? request.Rich : null, context.CancellationToken);
        return new Wire.SetRichResponse();
    }

    public override async Task<Wire.ResetResponse> Reset(Wire.ResetRequest request, ServerCallContext context)
    {
        var (session, sourceId) = (request.Session.Checked(), Name(request.SourceId, "source_id"));
        var deleted = request.Forget
            ? await sessions.ForgetAsync(session, sourceId, context.CancellationToken)
            : await sessions.ResetAsync(session, sourceId, request.OriginMessageId, context.CancellationToken);
        return new Wire.ResetResponse { DeletedMessages = deleted ?? 0, Duplicate = deleted is null };
    }

    public override async Task<Wire.BeginCompactionResponse> BeginCompaction(Wire.BeginCompactionRequest request, ServerCallContext context)
    {
        var plan = await compactor.BeginAsync(Key(request.SessionKey), Count(request.MaxTokens, "max_tokens"), context.CancellationToken);
        return plan?.ToWire() ?? new Wire.BeginCompactionResponse { Possible = false };
    }

    public override async Task<Wire.CommitCompactionResponse> CommitCompaction(Wire.CommitCompactionRequest request, ServerCallContext context)
    {
        var size = (await compactor.CommitAsync(
            Key(request.SessionKey),
            Id(request.FirstMessageId, "first_message_id"),
            Id(request.LastMessageId, "last_message_id"),
            Text(request.Summary, "summary"),
            context.CancellationToken)).OrThrow();
        return new Wire.CommitCompactionResponse { ContextMessages = size.Messages, ContextTokens = size.Tokens };
    }

    public override async Task<Wire.UndoExchangeResponse> UndoExchange(Wire.UndoRequest request, ServerCallContext context)
    {
        var (messages, userText) = (await undo.UndoExchangeAsync(
            request.Session.Checked(), Name(request.SourceId, "source_id"), request.OriginMessageId, context.CancellationToken)).OrThrow();
        return new Wire.UndoExchangeResponse { Messages = messages, UserText = userText };
    }

    public override async Task<Wire.UndoCompactionResponse> UndoCompaction(Wire.UndoRequest request, ServerCallContext context)
    {
        var (undone, size) = await undo.UndoCompactionAsync(
            request.Session.Checked(), Name(request.SourceId, "source_id"), request.OriginMessageId, context.CancellationToken);
        return new Wire.UndoCompactionResponse { Undone = undone, ContextMessages = size.Messages, ContextTokens = size.Tokens };
    }

    public override async Task<Wire.MoveSessionResponse> MoveSession(Wire.MoveSessionRequest request, ServerCallContext context)
    {
        var from = Name(request.FromChatId, "from_chat_id");
        var to = Name(request.ToChatId, "to_chat_id");
        if (from == to)
            throw Invalid("to_chat_id is from_chat_id");
        var moved = await sessions.MoveAsync(Name(request.Channel, "channel"), from, to, context.CancellationToken);
        return new Wire.MoveSessionResponse { MovedSessions = moved };
    }

    public override async Task<Wire.People> ListPeople(Wire.ListPeopleRequest request, ServerCallContext context) =>
        (await people.ListAsync(context.CancellationToken)).ToWire();

    public override async Task<Wire.People> ClaimOwnership(Wire.ClaimOwnershipRequest request, ServerCallContext context) =>
        (await people.ClaimAsync(Id(request.UserId, "user_id"), context.CancellationToken)).ToWire();

    public override async Task<Wire.People> AddPerson(Wire.AddPersonRequest request, ServerCallContext context) =>
        (await people.AddAsync(Id(request.UserId, "user_id"), Id(request.AddedBy, "added_by"), context.CancellationToken)).ToWire();

    public override async Task<Wire.People> RemovePerson(Wire.RemovePersonRequest request, ServerCallContext context) =>
        (await people.RemoveAsync(Id(request.UserId, "user_id"), context.CancellationToken)).OrThrow().ToWire();

    public override async Task HoldLease(
        Wire.HoldLeaseRequest request, IServerStreamWriter<Wire.LeaseState> responseStream, ServerCallContext context)
    {
        using var claim = presence.TryClaim(
            Name(request.Channel, "channel"), Name(request.HolderId, "holder_id"), request.Standing.HasWaited(), Name(request.Instance, "instance"))
            ?? throw new RpcException(new Status(StatusCode.Unavailable, "The lease is not given out right now."));
        try
        {
            await foreach (var (isHeld, holder) in claim.NewsAsync(context.CancellationToken))
                await responseStream.WriteAsync(new Wire.LeaseState { Held = isHeld, HolderInstance = holder }, context.CancellationToken);
        }
        catch (Exception error) when (context.CancellationToken.IsCancellationRequested && error is OperationCanceledException or IOException or InvalidOperationException)
        {
            // The gateway is gone: that is how a lease ends.
        }
    }
}
