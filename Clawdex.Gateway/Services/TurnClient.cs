using Clawdex.Sessions.V1;
using Google.Protobuf.Collections;
using static Clawdex.Gateway.Services.SessionMapping;
using Proto = Clawdex.Sessions.V1;

namespace Clawdex.Gateway.Services;

/// <summary>
/// Turns as the session service opens them, once for each question, and as it says which are this gateway's to answer, beside those that
/// it takes in itself.
/// </summary>
internal sealed class TurnClient(Proto.Sessions.SessionsClient client, SessionClient sessions, ChatIds ids)
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(2);

    /// <summary>Stores a message; the one write that gives up after a while, since Telegram keeps what is not confirmed.</summary>
    public Task<AcceptedMessage> AcceptAsync(
        Conversation conversation, string sourceId, string text, int messageId, string traceParent, Budget budget, TimeSpan patience, CancellationToken cancellationToken) =>
        AcceptAsync(conversation, RequestOf(conversation, sourceId, text, messageId, traceParent, budget), patience, cancellationToken);

    /// <summary>Reserves for a command that asks a model, and stores a turn that has its charge.</summary>
    public Task<AcceptedMessage> AcceptCommandAsync(
        Conversation conversation, string sourceId, int messageId, Budget budget, CancellationToken cancellationToken)
    {
        var request = RequestOf(conversation, sourceId, "", messageId, "", budget);
        request.Command = true;
        return AcceptAsync(conversation, request, SessionClient.ReadPatience, cancellationToken);
    }

    /// <summary>Opens a turn that answers the conversation's last question again, in the messages of its answer.</summary>
    /// <param name="text">What the question reads now that the message <paramref name="messageId"/> was edited; empty = it was not.</param>
    /// <exception cref="SessionException"><see cref="SessionFailure.Conflict"/>: there is no such question, or an answer is still to come.</exception>
    public Task<AcceptedMessage> RetryAsync(
        Conversation conversation, string sourceId, string text, int messageId, string traceParent, Budget budget, CancellationToken cancellationToken)
    {
        var request = RequestOf(conversation, sourceId, text, messageId, traceParent, budget);
        request.Retry = true;
        return AcceptAsync(conversation, request, SessionClient.ReadPatience, cancellationToken);
    }

    /// <summary>Stores how a question that is still to be answered reads now.</summary>
    /// <returns>Its turn; null = there is no such question, or no budget to ask a model for it once more.</returns>
    public async Task<Turn?> EditQuestionAsync(Conversation conversation, int messageId, string text, Budget budget, CancellationToken cancellationToken)
    {
        var request = new EditQuestionRequest { SessionKey = ids.Current(conversation).Key, OriginMessageId = messageId, Text = text, Budget = budget };
        var response = await sessions.ReadAsync(options => client.EditQuestionAsync(request, options), cancellationToken);
        return response.Turn is { } turn ? ToTurn(turn, conversation) : null;
    }

    /// <summary>The turn of the conversation's last question; null = there is none, or an answer is still to come.</summary>
    public async Task<Turn?> FindLastQuestionAsync(Conversation conversation, TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            var request = new GetLastQuestionRequest { SessionKey = ids.Current(conversation).Key };
            return ToTurn(await sessions.CallAsync(options => client.GetLastQuestionAsync(request, options), patience, cancellationToken), conversation);
        }
        catch (SessionException error) when (error.Failure is SessionFailure.NotFound)
        {
            return null;
        }
    }

    /// <summary>Stores the request to go on where the answer of <paramref name="turnId"/> was cut.</summary>
    /// <exception cref="SessionException"><see cref="SessionFailure.Conflict"/>: that answer was not cut, or is not the conversation's last message.</exception>
    public Task<AcceptedMessage> ContinueAsync(
        Conversation conversation, long turnId, string sourceId, string text, int messageId, string traceParent, Budget budget, CancellationToken cancellationToken)
    {
        var request = RequestOf(conversation, sourceId, text, messageId, traceParent, budget);
        request.ContinuesTurnId = turnId;
        return AcceptAsync(conversation, request, SessionClient.ReadPatience, cancellationToken);
    }

    /// <summary>Takes up what no living gateway has, of some conversations at a time.</summary>
    /// <param name="patience">Zero = the service is asked once. When it is asked again, what the first call took up is only listed.</param>
    /// <returns>Null = there is nothing left.</returns>
    public async Task<OpenTurns?> ClaimAsync(TimeSpan patience, CancellationToken cancellationToken) =>
        ToPage((await sessions.CallAsync(options => client.ClaimTurnsAsync(new ClaimTurnsRequest(), options), patience, cancellationToken)).Turns);

    /// <summary>The next page of turns that are this gateway's and not settled, oldest first; null = there is none.</summary>
    public async Task<OpenTurns?> ListOpenAsync(long afterTurnId, CancellationToken cancellationToken)
    {
        var request = new ListOpenTurnsRequest { AfterTurnId = afterTurnId, PageSize = 100 };
        return ToPage((await sessions.WriteAsync(options => client.ListOpenTurnsAsync(request, options), cancellationToken)).Turns);
    }

    /// <summary>The chat messages of the newest turns of all chats, settled ones included.</summary>
    public async Task<IReadOnlyList<(Conversation Conversation, int MessageId)>> ListRecentAsync(CancellationToken cancellationToken)
    {
        var request = new ListRecentMessagesRequest { Channel = Conversation.Channel };
        var response = await sessions.WriteAsync(options => client.ListRecentMessagesAsync(request, options), cancellationToken);
        return [.. response.Turns.SelectMany(MessagesOf)];
    }

    /// <summary>Lets the gateway that answers in a conversation hear of a <c>/stop</c>. False = no other one does.</summary>
    public async Task<bool> RequestStopAsync(Conversation conversation, CancellationToken cancellationToken)
    {
        var request = new RequestStopRequest { SessionKey = ids.Current(conversation).Key };
        return (await sessions.CallAsync(options => client.RequestStopAsync(request, options), StopPatience, cancellationToken)).Requested;
    }

    private AcceptMessageRequest RequestOf(
        Conversation conversation, string sourceId, string text, int messageId, string traceParent, Budget budget) => new()
        {
            Session = ToProto(ids.Current(conversation)),
            SourceId = sourceId,
            Text = text,
            OriginMessageId = messageId,
            TraceParent = traceParent,
            Budget = budget,
        };

    private async Task<AcceptedMessage> AcceptAsync(Conversation conversation, AcceptMessageRequest request, TimeSpan patience, CancellationToken cancellationToken)
    {
        var response = await sessions.CallAsync(options => client.AcceptMessageAsync(request, options), patience, cancellationToken);
        var used = response.Usage is { } usage ? ToUsed(usage) : null;
        if (response.Turn is null && used is not null)
            return new AcceptedMessage(null, Duplicate: false, used);
        if (response.Turn is not { } stored || ToTurn(stored, conversation) is not { } turn)
            throw new SessionException(SessionFailure.Broken, null);
        if (turn.IsElsewhere)
            sessions.NoteElsewhere();
        return new AcceptedMessage(turn, response.Duplicate, used);
    }

    private static OpenTurns? ToPage(RepeatedField<Proto.Turn> turns) =>
        turns.Count > 0 ? new OpenTurns([.. turns.Select(ToTurn).OfType<Turn>()], turns.Count, turns[^1].TurnId) : null;
}
