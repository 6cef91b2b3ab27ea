using Clawdex.Sessions.V1;
using Google.Protobuf.Collections;
using Grpc.Core;
using Proto = Clawdex.Sessions.V1;

namespace Clawdex.Gateway.Services;

/// <summary>Between the records of the gateway and the session service's proto types.</summary>
internal static class SessionMapping
{
    /// <summary>The last moment that .NET's calendar has.</summary>
    private static readonly long LatestMs = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    public static SessionId ToProto(Conversation conversation) => new()
    {
        SessionKey = conversation.Key,
        Channel = Conversation.Channel,
        ChatId = conversation.ChatIdText,
    };

    public static TokensUsed ToUsed(Usage? usage) => new(usage?.UserTokens ?? 0, usage?.TotalTokens ?? 0);

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

    public static FinishReason ToFinishReason(AnswerEnd end) => (FinishReason)end;

    // A value that a newer service may have is never read as the one that does the most.
    private static AnswerEnd ToEnd(FinishReason reason) => Enum.IsDefined((AnswerEnd)reason) ? (AnswerEnd)reason : AnswerEnd.Interrupted;

    /// <summary>Null = not one that this gateway could answer, because of another channel, say.</summary>
    public static Turn? ToTurn(Proto.Turn turn) =>
        Conversation.TryParse(turn.Session?.SessionKey ?? "", out var conversation) ? ToTurn(turn, conversation) : null;

    /// <summary>Null = this gateway does not know what state it is in.</summary>
    public static Turn? ToTurn(Proto.Turn turn, Conversation conversation)
    {
        if (turn.State is TurnState.Unspecified || !Enum.IsDefined(turn.State))
            return null;
        return new Turn
        {
            Id = turn.TurnId,
            Conversation = conversation,
            State = turn.State,
            UserText = turn.UserText,
            OriginMessageId = (int)turn.OriginMessageId,
            ReplyMessageIds = [.. ToMessageIds(turn.ReplyMessageIds)],
            MayHaveSentMore = turn.ReplyMessageIds.Contains(0),
            Answer = turn.State is TurnState.Answered ? new Answer(turn.AnswerText, ToEnd(turn.FinishReason), turn.Detail) : null,
            ModelOverride = Named(turn.ModelOverride),
            Rich = turn.HasRich ? turn.Rich : null,
            AcceptedAt = ToTime(turn.AcceptedAtUnixMs),
            TraceParent = turn.TraceParent,
            UserId = turn.UserId,
            Tokens = turn.Tokens,
            IsElsewhere = turn.Elsewhere,
        };
    }

    public static DateTimeOffset ToTime(long unixMs) => DateTimeOffset.UnixEpoch.AddMilliseconds(Math.Clamp(unixMs, 0, LatestMs));

    /// <summary>The chat messages of a turn: the user's and those of the reply.</summary>
    public static IEnumerable<(Conversation Conversation, int MessageId)> MessagesOf(TurnMessages turn) =>
        Conversation.TryParse(turn.SessionKey, out var conversation)
            ? ToMessageIds(turn.ReplyMessageIds).Prepend((int)turn.OriginMessageId).Select(id => (conversation, id))
            : [];

    // A 0 says that one more was about to be sent.
    private static IEnumerable<int> ToMessageIds(RepeatedField<long> stored) => stored.Where(id => id != 0).Select(id => (int)id);

    /// <summary>A model's name; null = none.</summary>
    public static string? Named(string model) => model.Length > 0 ? model : null;

    /// <summary>Without what nobody is known to have said: nothing is put into the user's mouth.</summary>
    public static IReadOnlyList<ChatMessage> ToMessages(IEnumerable<ContextMessage> messages) =>
        [.. messages.Where(message => Enum.IsDefined((ChatRole)message.Role)).Select(message => new ChatMessage((ChatRole)message.Role, message.Content))];

    /// <summary>What a failed call means to a turn.</summary>
    public static SessionFailure FailureOf(RpcException error) => error.StatusCode switch
    {
        // Not the service says so, but the connection to it, which broke in a way of its own: a ping that was not answered, say.
        StatusCode.Internal when error.Status.DebugException is not null => SessionFailure.Away,
        // Cancelled: the attempt's own timeout. Unauthenticated: it takes no calls of ours until somebody gives both the same secret.
        StatusCode.Unavailable or StatusCode.Cancelled or StatusCode.DeadlineExceeded or StatusCode.Unauthenticated => SessionFailure.Away,
        StatusCode.ResourceExhausted => SessionFailure.Full,
        StatusCode.NotFound => SessionFailure.NotFound,
        StatusCode.FailedPrecondition => SessionFailure.Conflict,
        StatusCode.Aborted => SessionFailure.TakenOver,
        StatusCode.InvalidArgument => SessionFailure.Refused,
        _ => SessionFailure.Broken,
    };
}
