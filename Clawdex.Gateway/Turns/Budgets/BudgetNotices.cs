using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;

namespace Clawdex.Gateway.Turns.Budgets;

/// <summary>
/// Says that a budget is spent: to whoever is not answered for it, and to the owner in his private chat, when 80 % of everybody's
/// is gone and when all of it is. The session service knows what was said, which is once a day, whatever is restarted.
/// </summary>
internal sealed class BudgetNotices(BudgetPolicy policy, SessionClient sessions, Notices own, ChatQueues queues, ILogger<BudgetNotices> logger)
{
    private const long Everybody = 0;

    /// <param name="accepted">What came of a message, or of what stands for one.</param>
    /// <param name="messageId">What the notice is about; null = Telegram no longer knows it.</param>
    public void Report(Asker asker, AcceptedMessage accepted, Conversation conversation, int? messageId, UpdateTrace? update)
    {
        if (accepted.UsedBefore is not { } used)
            return;
        var isRefused = accepted.Turn is null;
        if (isRefused)
        {
            var refusal = policy.Refuse(asker, used);
            queues.TryEnqueue(conversation, Lane.Express, update, cancel => SayAsync(asker.UserId, 100, conversation, refusal, messageId, cancel));
        }

        if (asker.OwnerId is not { } owner || policy.AlarmOf(used) is not (> 0 and var percent))
            return;
        // The owner who is not answered reads the same already.
        var words = isRefused && conversation.ChatId == owner ? "" : policy.Alarm(used);
        queues.TryEnqueue(new Conversation(owner), Lane.Express, update, cancel => SayAsync(Everybody, percent, new Conversation(owner), words, null, cancel));
    }

    private async Task SayAsync(long userId, int percent, Conversation conversation, string words, int? messageId, CancellationToken cancellationToken)
    {
        try
        {
            if (!await sessions.NoteBudgetToldAsync(userId, percent, cancellationToken))
                return;
        }
        catch (SessionException error)
        {
            // It is said of the next message.
            logger.CommandFailed("budget notice", error);
            return;
        }

        if (words.Length > 0)
            await own.SayAsync(conversation, words, messageId, [], cancellationToken);
    }
}
