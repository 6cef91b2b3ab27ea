using Clawdex.Gateway.Access;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Telegram;
using Microsoft.Extensions.Options;
using Budget = Clawdex.Sessions.V1.Budget;

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

/// <summary>What <c>agent:limits</c> means for a message, and in words when it is spent. The session service keeps the accounts.</summary>
internal sealed class BudgetPolicy(IOptions<AgentOptions> agent, TimeProvider time)
{
    /// <summary>As the session service estimates.</summary>
    private const int CharactersPerToken = 4;

    /// <summary>A summary may be of as much history as the session service takes.</summary>
    private const int WholeHistory = 10_000;

    private AgentLimits Limits => agent.Value.Limits;

    public static long TokensOf(int characters) => (characters + CharactersPerToken - 1) / CharactersPerToken;

    public Budget ForMessage(Asker asker) => For(asker, agent.Value.MaxHistoryMessages);

    public Budget ForCompaction(Asker asker) => For(asker, WholeHistory);

    /// <summary>Counts a message that is not answered, and says why, and from when on the next one is.</summary>
    public string Refuse(Asker asker, TokensUsed used)
    {
        var limit = UserLimitOf(asker);
        var isUsers = limit > 0 && used.OfUser >= limit;
        GatewayTelemetry.CountRefusal(isUsers);
        return isUsers ? UserTexts.UserBudgetSpent(limit, UntilMidnight) : UserTexts.DayBudgetSpent(Limits.TokensPerDay, UntilMidnight);
    }

    public string Status(Asker asker, TokensUsed used) => UserTexts.TokensToday(used, UserLimitOf(asker), Limits.TokensPerDay);

    /// <summary>How much of the day's budget has gone, as far as the owner is to hear of it: 0, 80 or 100 per cent.</summary>
    public int AlarmOf(TokensUsed used) => (Limits.TokensPerDay, used.OfAll) switch
    {
        (0, _) => 0,
        var (limit, all) when all >= limit => 100,
        var (limit, all) when all * 100 >= limit * 80L => 80,
        _ => 0,
    };

    public string Alarm(TokensUsed used) => UserTexts.DayBudgetAlarm(used.OfAll, Limits.TokensPerDay, UntilMidnight);

    /// <summary>0 = no limit.</summary>
    private int UserLimitOf(Asker asker) => asker.IsOwner ? 0 : Limits.TokensPerUserPerDay;

    private TimeSpan UntilMidnight => TimeSpan.FromDays(1) - time.GetUtcNow().UtcDateTime.TimeOfDay;

    private Budget For(Asker asker, int maxHistoryMessages)
    {
        var reserve = TokensOf(agent.Value.SystemPrompt.Length) + Limits.MaxOutputTokens;
        return new Budget
        {
            UserId = asker.UserId,
            UserLimit = UserLimitOf(asker),
            TotalLimit = Limits.TokensPerDay,
            ReserveTokens = (int)Math.Min(reserve, int.MaxValue),
            MaxHistoryMessages = maxHistoryMessages,
        };
    }
}
