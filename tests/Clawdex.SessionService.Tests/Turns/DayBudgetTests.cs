using Clawdex.SessionService.Tests.Api;
using Clawdex.SessionService.Turns;
using Grpc.Core;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests.Turns;

/// <summary>What a day's budget lets through, and when a day begins and ends.</summary>
public sealed class DayBudgetTests : UsageTest
{
    [Theory]
    [InlineData(1000, 0)]
    [InlineData(0, 1000)]
    public async Task When_the_budget_is_spent_nothing_is_stored_and_nothing_is_charged(long userLimit, long totalLimit)
    {
        var first = await AcceptAsync(Ann, "hello", userLimit: userLimit, totalLimit: totalLimit);
        Assert.Equal((0, 0), (first.Usage.UserTokens, first.Usage.TotalTokens));
        await CompleteAsync(first.Turn.TurnId, tokens: 1000);

        var refused = await AcceptAsync(Ann, "and more", userLimit: userLimit, totalLimit: totalLimit);

        Assert.Null(refused.Turn);
        // Without a limit for everybody nobody counts what everybody has.
        Assert.Equal((1000, totalLimit), (refused.Usage.UserTokens, refused.Usage.TotalTokens));
        Assert.Equal((1000, 1000), await UsageAsync(Ann));
        Assert.Equal(["hello", "answer"], await Chat.TextsAsync());
    }

    [Fact]
    public async Task One_users_budget_is_not_anothers_and_the_owner_has_none()
    {
        await CompleteAsync((await AcceptAsync(Ann, "hello", userLimit: 1000)).Turn.TurnId, tokens: 1000);

        Assert.NotNull((await AcceptAsync(Bob, "hello", userLimit: 1000)).Turn);
        Assert.NotNull((await AcceptAsync(Ann, "it is me", userLimit: 0)).Turn);
    }

    [Fact]
    public async Task Of_many_who_ask_at_once_only_the_last_one_may_go_beyond_everybodys_limit()
    {
        var answers = await Task.WhenAll(Enumerable.Range(1, 40).Select(
            user => AcceptAsync(user, "four", totalLimit: 950, reserve: 99, chat: new Conversation(Service.Client, $"{user}"))));

        // 100 each.
        Assert.Equal(10, answers.Count(answer => answer.Turn is not null));
        Assert.All(answers.Where(answer => answer.Turn is null), refused => Assert.Equal(1000, refused.Usage.TotalTokens));
        Assert.Equal(["1000"], Service.Query("SELECT tokens FROM usage WHERE user_id = 0"));
        Assert.Equal(["1000"], Service.Query("SELECT sum(tokens) FROM usage WHERE user_id <> 0"));
    }

    [Fact]
    public async Task A_limit_for_everybody_that_is_set_during_the_day_counts_what_was_used_without_it()
    {
        await CompleteAsync((await AcceptAsync(Ann, "hello")).Turn.TurnId, tokens: 600);
        var early = (await AcceptAsync(Bob, "hello", reserve: 0)).Turn;
        Assert.Empty(Service.Query("SELECT * FROM usage WHERE user_id = 0"));

        var limited = await AcceptAsync(Ann, "and more", totalLimit: 1000, reserve: 0);
        Assert.Equal(600 + early.Tokens, limited.Usage.TotalTokens);
        await CompleteAsync(early.TurnId, tokens: 400);

        Assert.Null((await AcceptAsync(Bob, "and more", totalLimit: 1000)).Turn);
        Assert.Equal((400, 1000 + limited.Turn.Tokens), await UsageAsync(Bob));
        Assert.Equal([$"{1000 + limited.Turn.Tokens}"], Service.Query("SELECT tokens FROM usage WHERE user_id = 0"));
        // Nor is it written twice when it is taken away again.
        await AcceptAsync(Bob, "once more", reserve: 0);
        Assert.Equal(Service.Query("SELECT sum(tokens) FROM usage WHERE user_id <> 0"), Service.Query("SELECT tokens FROM usage WHERE user_id = 0"));
    }

    [Theory]
    [InlineData(0, "2026-01-01|11|1100")]
    [InlineData(1_000_000, "2026-01-01|11|1100", "2026-01-01|0|1100")]
    public async Task A_new_day_begins_at_midnight_UTC_and_what_is_settled_then_is_of_the_day_before(long totalLimit, params string[] rows)
    {
        Service.Time.Advance(TimeSpan.FromHours(23.9));
        await CompleteAsync((await AcceptAsync(Ann, "hello", userLimit: 1000, totalLimit: totalLimit)).Turn.TurnId, tokens: 900);
        var late = (await AcceptAsync(Ann, "still today", userLimit: 1000, totalLimit: totalLimit)).Turn.TurnId;
        Service.Time.Advance(TimeSpan.FromHours(0.2));

        var next = await AcceptAsync(Ann, "a new day", userLimit: 1000, reserve: 0);
        await CompleteAsync(late, tokens: 200);

        Assert.Equal(0, next.Usage.UserTokens);
        Assert.Equal((next.Turn.Tokens, next.Turn.Tokens), await UsageAsync(Ann));
        Assert.Equal(rows, Service.Query("SELECT day, user_id, tokens FROM usage WHERE day = '2026-01-01' ORDER BY user_id DESC"));
    }

    [Fact]
    public async Task Only_today_and_yesterday_are_remembered()
    {
        for (var day = 0; day < 4; day++)
        {
            await AcceptAsync(Ann, $"day {day}");
            Service.Time.Advance(TimeSpan.FromDays(1));
        }

        await AcceptAsync(Ann, "today");

        await Service.Get<Retention>().DeleteAsync(Token);

        Assert.Equal(["2026-01-04", "2026-01-05"], Service.Query("SELECT DISTINCT day FROM usage ORDER BY day"));
    }

    [Fact]
    public async Task What_somebody_is_told_of_a_days_budget_is_noted_once_each_day()
    {
        await AcceptAsync(Ann, "hello", totalLimit: 1000);

        Assert.True(await NoteToldAsync(0, 80));
        Assert.False(await NoteToldAsync(0, 80));
        Assert.True(await NoteToldAsync(0, 100));
        Assert.False(await NoteToldAsync(0, 80));
        Assert.True(await NoteToldAsync(Ann, 100));
        Assert.False(await NoteToldAsync(Ann, 100));
        Service.Time.Advance(TimeSpan.FromDays(1));
        await AcceptAsync(Ann, "a new day");
        Assert.True(await NoteToldAsync(Ann, 100));
    }

    [Theory]
    [InlineData(0, 0, 50, "budget.user_id is missing")]
    [InlineData(1, -1, 50, "budget.user_limit and budget.total_limit must not be negative")]
    [InlineData(1, 0, 0, "budget.max_history_messages must be from 1 to 10000")]
    public async Task A_malformed_budget_is_refused_by_the_name_of_its_field(long userId, long limit, int messages, string problem)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => AcceptAsync(userId, "hello", userLimit: limit, maxHistoryMessages: messages));

        Assert.Equal((StatusCode.InvalidArgument, problem), (refused.StatusCode, refused.Status.Detail));
    }

    private async Task<bool> NoteToldAsync(long userId, int percent) =>
        (await Service.Client.NoteBudgetToldAsync(new Wire.NoteBudgetToldRequest { UserId = userId, Percent = percent }, cancellationToken: Token)).First;
}
