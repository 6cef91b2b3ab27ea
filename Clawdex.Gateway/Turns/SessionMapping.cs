using Clawdex.Sessions.V1;
using Grpc.Core;
using Proto = Clawdex.Sessions.V1;

namespace Clawdex.Gateway.Turns;

/// <summary>Between the records of the gateway and the session service's proto types.</summary>
internal static class SessionMapping
{
    public static SessionId ToProto(Conversation conversation) => new()
    {
        SessionKey = conversation.Key,
        Channel = Conversation.Channel,
        ChatId = conversation.ChatIdText,
    };

    public static UpdateDeliveryRequest ToProto(long turnId, IEnumerable<int> replyMessageIds, bool delivered)
    {
        var request = new UpdateDeliveryRequest { TurnId = turnId, Delivered = delivered };
        request.ReplyMessageIds.AddRange(replyMessageIds.Select(id => (long)id));
        return request;
    }

    /// <summary>What tells <c>FailTurn</c> how the turn ends.</summary>
    public static FinishReason ToFinishReason(TurnState state) => state switch
    {
        TurnState.Cancelled => FinishReason.Cancelled,
        TurnState.Interrupted => FinishReason.Interrupted,
        _ => FinishReason.Unspecified,
    };

    public static FinishReason ToFinishReason(AnswerEnd end) => end switch
    {
        AnswerEnd.Complete => FinishReason.Stop,
        AnswerEnd.LengthLimit => FinishReason.Length,
        AnswerEnd.ContentFilter => FinishReason.ContentFilter,
        AnswerEnd.Cancelled => FinishReason.Cancelled,
        AnswerEnd.Interrupted => FinishReason.Interrupted,
        _ => FinishReason.Unspecified,
    };

    private static AnswerEnd ToEnd(FinishReason reason) => reason switch
    {
        FinishReason.Length => AnswerEnd.LengthLimit,
        FinishReason.ContentFilter => AnswerEnd.ContentFilter,
        FinishReason.Cancelled => AnswerEnd.Cancelled,
        FinishReason.Interrupted => AnswerEnd.Interrupted,
        _ => AnswerEnd.Complete,
    };

    private static TurnState ToState(Proto.TurnState state) => state switch
    {
        Proto.TurnState.Streaming => TurnState.Streaming,
        Proto.TurnState.Answered => TurnState.Answered,
        Proto.TurnState.Delivered => TurnState.Delivered,
        Proto.TurnState.Cancelled => TurnState.Cancelled,
        Proto.TurnState.Failed => TurnState.Failed,
        Proto.TurnState.Interrupted => TurnState.Interrupted,
        _ => TurnState.Accepted,
    };

    public static Conversation Place(Turn turn) =>
        Conversation.TryParse(turn.Session?.SessionKey ?? "", out var conversation)
            ? conversation
            : throw new SessionException(SessionFailure.Broken, null);

    public static StoredTurn ToTurn(Turn turn, Conversation conversation)
    {
        var state = ToState(turn.State);
        return new StoredTurn
        {
            Id = turn.TurnId,
            Conversation = conversation,
            State = state,
            UserText = turn.UserText,
            OriginMessageId = (int)turn.OriginMessageId,
            ReplyMessageIds = [.. turn.ReplyMessageIds.Where(id => id != 0).Select(id => (int)id)],
            MayHaveSentMore = turn.ReplyMessageIds.Contains(0),
            Answer = state is TurnState.Answered ? new Answer(turn.AnswerText, ToEnd(turn.FinishReason), turn.Detail) : null,
            ModelOverride = Named(turn.ModelOverride),
            AcceptedAt = DateTimeOffset.FromUnixTimeMilliseconds(turn.AcceptedAtUnixMs),
            TraceParent = turn.TraceParent,
        };
    }

    public static RecentMessages ToRecent(TurnMessages turn) => new(
        turn.TurnId,
        Conversation.TryParse(turn.SessionKey, out var conversation) ? conversation : throw new SessionException(SessionFailure.Broken, null),
        [(int)turn.OriginMessageId, .. turn.ReplyMessageIds.Where(id => id != 0).Select(id => (int)id)]);

    /// <summary>A model's name; null = none.</summary>
    public static string? Named(string model) => model.Length > 0 ? model : null;

    public static ChatMessage ToMessage(ContextMessage message) => new(
        message.Role switch
        {
            Role.Assistant => ChatRole.Assistant,
            Role.System => ChatRole.Summary,
            _ => ChatRole.User,
        },
        message.Content);

    /// <summary>What a status means to a turn.</summary>
    public static SessionFailure FailureOf(StatusCode status) => status switch
    {
        // Cancelled: the attempt's own timeout.
        StatusCode.Unavailable or StatusCode.Cancelled or StatusCode.DeadlineExceeded => SessionFailure.Away,
        StatusCode.ResourceExhausted => SessionFailure.Full,
        StatusCode.NotFound => SessionFailure.NotFound,
        StatusCode.FailedPrecondition or StatusCode.Aborted => SessionFailure.Conflict,
        StatusCode.InvalidArgument => SessionFailure.Refused,
        _ => SessionFailure.Broken,
    };
}
