using Clawdex.Sessions.V1;
using static Clawdex.Gateway.Services.SessionMapping;
using Proto = Clawdex.Sessions.V1;

namespace Clawdex.Gateway.Services;

/// <summary>What changes a stored conversation besides its messages: it is cleared, summarized or moved, or its end is taken back.</summary>
internal sealed class HistoryClient(Proto.Sessions.SessionsClient client, SessionClient sessions, ChatIds ids, ILogger<HistoryClient> logger)
{
    /// <summary>Clears a conversation's history. Delivered again, the same command clears nothing that came after it.</summary>
    /// <returns>False = there was nothing to clear.</returns>
    public async Task<bool> ResetAsync(Conversation conversation, string sourceId, int messageId, CancellationToken cancellationToken)
    {
        var request = new ResetRequest { Session = ToProto(ids.Current(conversation)), SourceId = sourceId, OriginMessageId = messageId };
        var response = await sessions.ReadAsync(options => client.ResetAsync(request, options), cancellationToken);
        return response.DeletedMessages > 0 || response.Duplicate;
    }

    /// <summary>Deletes all that is stored of a conversation.</summary>
    /// <returns>False = this command did so before.</returns>
    public async Task<bool> ForgetAsync(Conversation conversation, string sourceId, CancellationToken cancellationToken)
    {
        var request = new ResetRequest { Session = ToProto(ids.Current(conversation)), SourceId = sourceId, Forget = true };
        var response = await sessions.ReadAsync(options => client.ResetAsync(request, options), cancellationToken);
        return !response.Duplicate;
    }

    /// <summary>
    /// Moves a group's stored sessions, with its topics, along when it becomes a supergroup. Telegram tells that more than once: in the
    /// old chat, in the new one, and to who still writes to the old.
    /// </summary>
    public async Task MoveAsync(long fromChatId, long toChatId, CancellationToken cancellationToken)
    {
        if (fromChatId == toChatId || ids.IsMoved(fromChatId))
            return;
        try
        {
            var request = new MoveSessionRequest
            {
                Channel = Conversation.Channel,
                FromChatId = new Conversation(fromChatId).ChatIdText,
                ToChatId = new Conversation(toChatId).ChatIdText,
            };
            await sessions.WriteAsync(options => client.MoveSessionAsync(request, options), cancellationToken);
        }
        catch (SessionException error)
        {
            // The history stays behind; the chat is answered all the same.
            logger.MigrationFailed(error);
        }

        ids.Moved(fromChatId, toChatId);
    }

    /// <summary>The older part of the history, to be summarized; null = too little to compact.</summary>
    /// <param name="maxTokens">What the range may have; 0 = unlimited.</param>
    public async Task<CompactionRange?> BeginCompactionAsync(Conversation conversation, int maxTokens, CancellationToken cancellationToken)
    {
        var request = new BeginCompactionRequest { SessionKey = ids.Current(conversation).Key, MaxTokens = maxTokens };
        var response = await sessions.ReadAsync(options => client.BeginCompactionAsync(request, options), cancellationToken);
        return response.Possible
            ? new CompactionRange(
                response.FirstMessageId,
                response.LastMessageId,
                ToMessages(response.Messages),
                response.Tokens,
                new ContextSize(response.ContextMessages, response.ContextTokens))
            : null;
    }

    /// <summary>Lets <paramref name="summary"/> stand for the range from now on.</summary>
    public async Task<ContextSize> CommitCompactionAsync(
        Conversation conversation, CompactionRange range, string summary, CancellationToken cancellationToken)
    {
        var request = new CommitCompactionRequest
        {
            SessionKey = ids.Current(conversation).Key,
            FirstMessageId = range.FirstMessageId,
            LastMessageId = range.LastMessageId,
            Summary = summary,
        };
        var response = await sessions.ReadAsync(options => client.CommitCompactionAsync(request, options), cancellationToken);
        return new ContextSize(response.ContextMessages, response.ContextTokens);
    }

    /// <summary>Takes the summary in force back.</summary>
    /// <returns>The context afterwards; null = there is no summary.</returns>
    public async Task<ContextSize?> UndoCompactionAsync(Conversation conversation, string sourceId, int messageId, CancellationToken cancellationToken)
    {
        var request = UndoRequestOf(conversation, sourceId, messageId);
        var response = await sessions.ReadAsync(options => client.UndoCompactionAsync(request, options), cancellationToken);
        return response.Undone ? new ContextSize(response.ContextMessages, response.ContextTokens) : null;
    }

    /// <summary>Takes the last question and its answer back. Delivered again, the same command takes nothing more back.</summary>
    /// <returns>The question; null = there is none.</returns>
    /// <exception cref="SessionException"><see cref="SessionFailure.Conflict"/>: an answer is still to come.</exception>
    public async Task<string?> UndoExchangeAsync(Conversation conversation, string sourceId, int messageId, CancellationToken cancellationToken)
    {
        var request = UndoRequestOf(conversation, sourceId, messageId);
        var response = await sessions.ReadAsync(options => client.UndoExchangeAsync(request, options), cancellationToken);
        return response.Messages > 0 ? response.UserText : null;
    }

    private UndoRequest UndoRequestOf(Conversation conversation, string sourceId, int messageId) =>
        new() { Session = ToProto(ids.Current(conversation)), SourceId = sourceId, OriginMessageId = messageId };
}
