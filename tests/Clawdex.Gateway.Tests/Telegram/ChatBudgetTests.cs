using Clawdex.Gateway.Telegram;
using Clawdex.Gateway.Telegram.Limits;
using Microsoft.Extensions.Time.Testing;

namespace Clawdex.Gateway.Tests.Telegram;

public sealed class ChatBudgetTests
{
    [Theory]
    [InlineData(1e-6)]
    [InlineData(double.Epsilon)]
    public void A_chat_that_is_written_to_next_to_never_waits_a_day_at_most(double perSecond)
    {
        var time = new FakeTimeProvider();
        var budget = ChatBudget.For(isGroup: false, new TelegramLimits { ChatPerSecond = perSecond, ChatBurst = 1 }, new BotPace(time), time);
        Assert.True(budget.TryTake(CallPriority.Final));

        Assert.Equal(TimeSpan.FromDays(1), budget.DelayFor(CallPriority.Final));
    }
}
