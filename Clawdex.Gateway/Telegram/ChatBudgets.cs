using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Telegram;

/// <summary>
/// The budget of every chat that was written to lately. Topics of a forum share their chat's, because Telegram counts by chat.
/// There is no budget over all chats: Telegram's 30 calls a second are for broadcasts, not for replies.
/// </summary>
internal sealed class ChatBudgets(IOptions<TelegramOptions> options, TimeProvider time)
{
    // A budget that is full again says nothing that a new one would not: memory stays bounded by the chats in use.
    private const int SweepEvery = 1000;

    private readonly ConcurrentDictionary<long, ChatBudget> _budgets = new();
    private int _added;

    /// <summary>The chat's budget; groups have negative ids.</summary>
    public ChatBudget For(long chatId)
    {
        if (_budgets.TryGetValue(chatId, out var known))
            return known;
        if (Interlocked.Increment(ref _added) % SweepEvery == 0)
            Sweep();

        return _budgets.GetOrAdd(chatId, static (id, owner) => ChatBudget.For(id < 0, owner.Limits, owner.Time), (options.Value.Limits, Time: time));
    }

    private void Sweep()
    {
        foreach (var entry in _budgets.Where(entry => entry.Value.IsFull))
            _budgets.TryRemove(entry);
    }
}
