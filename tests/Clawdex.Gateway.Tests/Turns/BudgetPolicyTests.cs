using Clawdex.Gateway.Services;
using Clawdex.Gateway.Turns.Budgets;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Budget = Clawdex.Sessions.V1.Budget;

namespace Clawdex.Gateway.Tests.Turns;

/// <summary>What limits mean, and the words for when it goes on.</summary>
public sealed class BudgetPolicyTests
{
    private static readonly Asker Ann = new(1, IsOwner: false, OwnerId: 2), Owner = new(2, IsOwner: true, OwnerId: 2);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 27, 0, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData(0, "in 24 hours")]
    [InlineData(19, "in 5 hours")]
    [InlineData(19.4, "in 5 hours")]
    [InlineData(22.9, "in 1 hour")]
    [InlineData(23.5, "in 30 minutes")]
    [InlineData(23.99, "in 1 minute")]
    public void Who_is_not_answered_reads_when_it_goes_on(double hour, string when)
    {
        _time.Advance(TimeSpan.FromHours(hour));

        Assert.Equal(
            $"⚠️ You have used your 200,000 tokens of today. I go on at midnight UTC, {when}; the owner can raise `agent:limits:tokensPerUserPerDay`.",
            Policy(new AgentLimits()).Refuse(Ann, new TokensUsed(200_000, 300_000)));
    }

    [Fact]
    public void A_message_reserves_for_the_longest_answer_and_the_system_prompt_and_the_owner_has_no_limit_of_his_own()
    {
        var policy = Policy(new AgentLimits { TokensPerUserPerDay = 5, TokensPerDay = 6, MaxOutputTokens = 100 });

        var ofAnn = new Budget { UserId = 1, UserLimit = 5, TotalLimit = 6, ReserveTokens = 107, MaxHistoryMessages = 50 };
        Assert.Equal(ofAnn, policy.ForMessage(Ann));
        Assert.Equal(new Budget(ofAnn) { UserId = 2, UserLimit = 0 }, policy.ForMessage(Owner));
        Assert.Equal(new Budget(ofAnn) { MaxHistoryMessages = 10_000 }, policy.ForCompaction(Ann));
    }

    [Theory]
    [InlineData(1000, 799, 0)]
    [InlineData(1000, 800, 80)]
    [InlineData(1000, 999, 80)]
    [InlineData(1000, 1000, 100)]
    [InlineData(2_000_000_000, 1_999_999_999, 80)]
    [InlineData(0, 5_000_000_000, 0)]
    public void The_owner_is_to_hear_at_80_and_at_100_per_cent(int limit, long used, int alarm) =>
        Assert.Equal(alarm, Policy(new AgentLimits { TokensPerDay = limit }).AlarmOf(new TokensUsed(0, used)));

    [Theory]
    [InlineData(0, 0, "Tokens today: 12 yours, 3,400 in all")]
    [InlineData(200_000, 0, "Tokens today: 12 of 200,000 yours, 3,400 in all")]
    [InlineData(200_000, 1_000_000, "Tokens today: 12 of 200,000 yours, 3,400 of 1,000,000 in all")]
    public void Status_shows_the_limits_that_there_are(int userLimit, int limit, string line) => Assert.Equal(
        line, Policy(new AgentLimits { TokensPerUserPerDay = userLimit, TokensPerDay = limit }).Status(Ann, new TokensUsed(12, 3400)));

    private BudgetPolicy Policy(AgentLimits limits) => new(Options.Create(new AgentOptions { Limits = limits }), _time);
}
