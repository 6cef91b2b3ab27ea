using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;

namespace Clawdex.Gateway.Turns.Budgets;

/// <summary>
/// Says that a budget is spent: to whoever is not answered for it, once a day, and to the owner in his private chat, when 80 % of
/// everybody's is gone and when all of it is. What was said is not stored: after a restart it may be said once more.
/// </summary>
internal sealed class BudgetNotices(BudgetPolicy policy, Notices own, ChatQueues queues)
{
    private const int MostRemembered = 10_000;

    private readonly Lock _gate = new();
    private readonly RecentMap<long, DateOnly> _refused = new(MostRemembered);
    private (DateOnly Day, int Percent) _alarm;

    /// <param name="accepted">What came of a message, or of what stands for one.</param>
    /// <param name="conversation">Where.</param>
    /// <param name="messageId">What the notice is about; null = Telegram no longer knows it.</param>
    public void Report(Asker asker, AcceptedMessage accepted, Conversation conversation, int? messageId, UpdateTrace? update)
    {
        if (accepted.UsedBefore is not { } used)
            return;
        if (accepted.Turn is null)
            Refuse(asker, used, conversation, messageId, update);
        if (asker.OwnerId is { } owner)
            Alarm(used, owner, isTold: accepted.Turn is null && conversation.ChatId == owner, update);
    }

    private void Refuse(Asker asker, TokensUsed used, Conversation conversation, int? messageId, UpdateTrace? update)
    {
        lock (_gate)
        {
            if (_refused.TryGet(asker.UserId, out var day) && day == policy.Today)
                return;
            if (queues.TryEnqueue(conversation, Lane.Express, update, cancel => own.SayAsync(conversation, policy.Refusal(asker, used), messageId, [], cancel)))
                _refused.Set(asker.UserId, policy.Today);
        }
    }

    /// <param name="isTold">The owner reads the same already, as somebody who is not answered.</param>
    private void Alarm(TokensUsed used, long owner, bool isTold, UpdateTrace? update)
    {
        lock (_gate)
        {
            var percent = policy.AlarmOf(used);
            if (percent == 0 || (_alarm.Day == policy.Today && _alarm.Percent >= percent))
                return;
            var chat = new Conversation(owner);
            if (isTold || queues.TryEnqueue(chat, Lane.Express, update, cancel => own.SayAsync(chat, policy.Alarm(used), null, [], cancel)))
                _alarm = (policy.Today, percent);
        }
    }
}
