using Clawdex.SessionService.History;
using Clawdex.SessionService.Model;
using Clawdex.SessionService.Storage.Postgres;
using Clawdex.SessionService.Turns;
using Grpc.Core;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Api;

/// <summary>Own records to the contract's messages and back.</summary>
internal static class Mapping
{
    /// <summary>The result, or the refusal as the call's status.</summary>
    public static T OrThrow<T>(this Outcome<T> outcome) =>
        outcome.TryGet(out var value, out var refusal)
            ? value
            : throw new RpcException(new Status(CodeOf(refusal.Kind), refusal.Reason));

    private static StatusCode CodeOf(RefusalKind kind) => kind switch
    {
        RefusalKind.NotFound => StatusCode.NotFound,
        RefusalKind.NotAllowed => StatusCode.FailedPrecondition,
        RefusalKind.NotOwner => StatusCode.Aborted,
        _ => StatusCode.Internal,
    };

    /// <param name="caller">The gateway that asks; empty = it does not say.</param>
    public static Wire.Turn ToWire(this TurnView view, string caller)
    {
        var (turn, session, userText, answerText) = view;
        var wire = new Wire.Turn
        {
            TurnId = turn.Id,
            Session = new Wire.SessionId { SessionKey = session.SessionKey, Channel = session.Channel, ChatId = session.ChatId },
            State = turn.State.ToWire(),
            UserText = userText,
            OriginMessageId = turn.OriginMessageId,
            ReplyMessageIds = { turn.ReplyMessageIds },
            AnswerText = answerText,
            FinishReason = (Wire.FinishReason)turn.FinishReason,
            AcceptedAtUnixMs = turn.AcceptedAt.ToUnixTimeMilliseconds(),
            TraceParent = turn.TraceParent ?? "",
            Detail = turn.Detail ?? "",
            ModelOverride = session.ModelOverride ?? "",
            Tokens = turn.Tokens,
            UserId = turn.UserId,
            Elsewhere = !turn.IsFor(caller),
        };
        if (session.Rich is { } rich)
            wire.Rich = rich;
        return wire;
    }

    public static Wire.AcceptMessageResponse ToWire(this Acceptance acceptance, string caller) => new()
    {
        Duplicate = acceptance.IsDuplicate,
        Turn = acceptance.View?.ToWire(caller),
        Usage = acceptance.UsedBefore?.ToWire(),
    };

    public static Wire.KeepAliveResponse ToWire(this GatewayLife life, string gateway, (List<long> Stopped, List<TurnView> Edited) news) => new()
    {
        LifeMs = (int)GatewayLives.TimeToLive.TotalMilliseconds,
        Dead = life.IsDead,
        Polls = !life.IsDead && life.Poller?.Id == gateway,
        PollerInstance = life.Poller is { } poller && poller.Id != gateway ? poller.Instance : "",
        StopTurnIds = { news.Stopped },
        EditedTurns = { news.Edited.Select(view => view.ToWire(gateway)) },
    };

    public static Wire.Usage ToWire(this TokensUsed used) => new() { UserTokens = used.OfUser, TotalTokens = used.OfAll };

    public static Wire.TurnMessages ToWireMessages(this TurnView view) => new()
    {
        TurnId = view.Turn.Id,
        SessionKey = view.Session.SessionKey,
        OriginMessageId = view.Turn.OriginMessageId,
        ReplyMessageIds = { view.Turn.ReplyMessageIds },
    };

    public static Wire.ContextMessage ToWire(this Message message) =>
        new() { Role = (Wire.Role)message.Role, Content = message.Content };

    /// <summary>The summary, spoken by nobody.</summary>
    public static Wire.ContextMessage ToWire(this Compaction compaction) =>
        new() { Role = Wire.Role.System, Content = compaction.Summary };

    public static Wire.GetContextResponse ToWire(this FittedContext context)
    {
        var response = new Wire.GetContextResponse
        {
            DroppedMessages = context.DroppedMessages,
            EstimatedTokens = context.EstimatedTokens,
            ModelOverride = context.ModelOverride ?? "",
            NewlyCut = context.IsNewlyCut,
            AcceptedAtUnixMs = context.AcceptedAt?.ToUnixTimeMilliseconds() ?? 0,
        };
        response.Messages.Capacity = context.Messages.Length + 1;
        if (context.Summary is not null)
            response.Messages.Add(context.Summary.ToWire());
        foreach (var message in context.Messages)
            response.Messages.Add(message.ToWire());
        return response;
    }

    public static Wire.BeginCompactionResponse ToWire(this CompactionPlan plan)
    {
        var response = new Wire.BeginCompactionResponse
        {
            Possible = true,
            FirstMessageId = plan.Messages[0].Id,
            LastMessageId = plan.Messages[^1].Id,
            ContextMessages = plan.Before.Messages,
            ContextTokens = plan.Before.Tokens,
            Tokens = plan.Tokens,
        };
        if (plan.Earlier is not null)
            response.Messages.Add(plan.Earlier.ToWire());
        response.Messages.AddRange(plan.Messages.Select(message => message.ToWire()));
        return response;
    }

    public static Wire.GetSessionResponse ToWire(this SessionStatus status)
    {
        var wire = new Wire.GetSessionResponse
        {
            Exists = true,
            ModelOverride = status.Session.ModelOverride ?? "",
            MessageCount = status.Session.MessageCount,
            CreatedAtUnixMs = status.Session.InsertedAt.ToUnixTimeMilliseconds(),
            ContextTokens = status.Context.Tokens,
            ContextMessages = status.Context.Messages,
            LastTraceParent = status.LastTraceParent ?? "",
            LastModel = status.LastModel ?? "",
            CostMicrodollars = status.CostMicrodollars,
        };
        if (status.Session.Rich is { } rich)
            wire.Rich = rich;
        return wire;
    }

    public static Wire.People ToWire(this IEnumerable<Person> people) => new()
    {
        All =
        {
            people.Select(person => new Wire.Person
            {
                UserId = person.UserId,
                Role = person.Role is PersonRole.Owner ? Wire.PersonRole.Owner : Wire.PersonRole.Allowed,
                AddedAtUnixMs = person.AddedAt.ToUnixTimeMilliseconds(),
                AddedBy = person.AddedBy ?? 0,
            }),
        },
    };

    public static Wire.TurnState ToWire(this TurnState state) => (Wire.TurnState)state;

    public static FinishReason FromWire(this Wire.FinishReason reason) =>
        Enum.IsDefined((FinishReason)reason) ? (FinishReason)reason : throw Validation.Invalid($"finish_reason {(int)reason} is unknown");

    /// <summary>Whether a gateway waited for the lease before; that it is new or held it makes no difference.</summary>
    public static bool HasWaited(this Wire.LeaseStanding standing) => standing switch
    {
        Wire.LeaseStanding.Unspecified or Wire.LeaseStanding.Held => false,
        Wire.LeaseStanding.Waited => true,
        _ => throw Validation.Invalid("standing is unknown"),
    };
}
