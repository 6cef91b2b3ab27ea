using Clawdex.Sessions.V1;
using static Clawdex.Gateway.Services.SessionMapping;
using Proto = Clawdex.Sessions.V1;

namespace Clawdex.Gateway.Services;

/// <summary>What users ask, as the session service takes it in: each question opens a turn, once.</summary>
internal sealed class QuestionClient(Proto.Sessions.SessionsClient client, SessionClient sessions, ChatIds ids)
{
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
        var request = new EditQuestionRequest { SessionKey = ids.Current(conversation).Key, OriginMessageId = messageId, Text = text, Budget = ToProto(budget) };
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

    private AcceptMessageRequest RequestOf(
        Conversation conversation, string sourceId, string text, int messageId, string traceParent, Budget budget) => new()
        {
            Session = ToProto(ids.Current(conversation)),
            SourceId = sourceId,
            Text = text,
            OriginMessageId = messageId,
            TraceParent = traceParent,
            Budget = ToProto(budget),
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
}
