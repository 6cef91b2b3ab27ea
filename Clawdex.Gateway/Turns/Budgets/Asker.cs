using Clawdex.Gateway.Access;
using Clawdex.Gateway.Telegram;

namespace Clawdex.Gateway.Turns.Budgets;

/// <summary>Who lets a model be asked, as far as that is a matter of money.</summary>
/// <param name="UserId">Who is charged: the user, or the chat where Telegram names nobody.</param>
/// <param name="IsOwner">Has no budget of his own, and may choose any model.</param>
/// <param name="OwnerId">Who hears of everybody's budget; null = nobody is known.</param>
internal sealed record Asker(long UserId, bool IsOwner, long? OwnerId)
{
    public static Asker Of(InboundEvent update, People people) =>
        new(update.UserId ?? update.Conversation.ChatId, people.IsOwner(update.UserId), people.Owner);
}
