using Clawdex.SessionService.Tests.Api;
using Clawdex.SessionService.Turns;
using Grpc.Core;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests.Turns;

/// <summary>What users are charged: reserved with the message, settled with the answer, once.</summary>
public sealed class UsageTests : IDisposable
{
    private const long Ann = 11, Bob = 12;

    private readonly ServiceUnderTest _service = ServiceUnderTest.Start();
    private readonly Conversation _chat;

    private int _source;

    public UsageTests() => _chat = new Conversation(_service.Client);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _service.Dispose();

    [Fact]
    public async Task A_message_reserves_for_the_history_for_itself_and_for_the_longest_answer()
    {
        await _chat.ExchangeAsync(new string('q', 400), new string('a', 800));

        await AcceptAsync(Ann, new string('x', 40), reserve: 1000);

        Assert.Equal((100 + 200 + 10 + 1000, 1310), await UsageAsync(Ann));
        Assert.Equal((0, 1310), await UsageAsync(Bob));
    }

    [Fact]
    public async Task Only_so_much_of_the_history_is_reserved_for_as_a_model_is_shown()
    {
        await _chat.ExchangeAsync(new string('q', 400), new string('a', 800));

        await AcceptAsync(Ann, "four", reserve: 0, maxHistoryMessages: 1);

        Assert.Equal((201, 201), await UsageAsync(Ann));
    }

    [Fact]
    public async Task An_answer_charges_what_it_cost_in_place_of_what_was_reserved()
    {
        var turnId = (await AcceptAsync(Ann, "hello")).Turn.TurnId;

        await CompleteAsync(turnId, tokens: 42);
        await CompleteAsync(turnId, tokens: 43);

        Assert.Equal((42, 42), await UsageAsync(Ann));
    }

    [Fact]
    public async Task A_message_that_is_delivered_twice_is_charged_once()
    {
        await AcceptAsync(Ann, "hello", sourceId: "1");
        var once = await UsageAsync(Ann);

        Assert.True((await AcceptAsync(Ann, "hello", sourceId: "1")).Duplicate);

        Assert.Equal(once, await UsageAsync(Ann));
    }

    [Fact]
    public async Task A_turn_that_failed_is_charged_what_was_asked_until_then()
    {
        var (spent, unknown) = ((await AcceptAsync(Ann, "hello")).Turn, (await AcceptAsync(Bob, "hello")).Turn);

        await _service.Client.FailTurnAsync(new() { TurnId = spent.TurnId, Error = "ProviderDown", Tokens = 7 }, cancellationToken: Token);
        await _service.Client.FailTurnAsync(new() { TurnId = unknown.TurnId, Error = "chat-gone" }, cancellationToken: Token);

        Assert.Equal((7, 7 + unknown.Tokens), await UsageAsync(Ann));
        Assert.Equal((unknown.Tokens, 7 + unknown.Tokens), await UsageAsync(Bob));
    }

    [Fact]
    public async Task Before_a_model_is_asked_once_more_the_turn_is_charged_for_that_as_well()
    {
        var turn = (await AcceptAsync(Ann, "hello")).Turn;

        await ChargeAsync(turn.TurnId, 2 * turn.Tokens);
        await ChargeAsync(turn.TurnId, 2 * turn.Tokens);

        Assert.Equal((2 * turn.Tokens, 2 * turn.Tokens), await UsageAsync(Ann));
        var open = await _service.Client.ListOpenTurnsAsync(new(), cancellationToken: Token);
        Assert.Equal((2 * turn.Tokens, Ann), (Assert.Single(open.Turns).Tokens, open.Turns[0].UserId));
    }

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
        Assert.Equal(["hello", "answer"], await _chat.TextsAsync());
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
            user => AcceptAsync(user, "four", totalLimit: 950, reserve: 99, chat: new Conversation(_service.Client, $"{user}"))));

        // 100 each.
        Assert.Equal(10, answers.Count(answer => answer.Turn is not null));
        Assert.All(answers.Where(answer => answer.Turn is null), refused => Assert.Equal(1000, refused.Usage.TotalTokens));
        Assert.Equal(["1000"], _service.Query("SELECT tokens FROM usage WHERE user_id = 0"));
        Assert.Equal(["1000"], _service.Query("SELECT sum(tokens) FROM usage WHERE user_id <> 0"));
    }

    [Fact]
    public async Task A_limit_for_everybody_that_is_set_during_the_day_counts_what_was_used_without_it()
    {
        await CompleteAsync((await AcceptAsync(Ann, "hello")).Turn.TurnId, tokens: 600);
        var early = (await AcceptAsync(Bob, "hello", reserve: 0)).Turn;
        Assert.Empty(_service.Query("SELECT * FROM usage WHERE user_id = 0"));

        var limited = await AcceptAsync(Ann, "and more", totalLimit: 1000, reserve: 0);
        Assert.Equal(600 + early.Tokens, limited.Usage.TotalTokens);
        await CompleteAsync(early.TurnId, tokens: 400);

        Assert.Null((await AcceptAsync(Bob, "and more", totalLimit: 1000)).Turn);
        Assert.Equal((400, 1000 + limited.Turn.Tokens), await UsageAsync(Bob));
        Assert.Equal([$"{1000 + limited.Turn.Tokens}"], _service.Query("SELECT tokens FROM usage WHERE user_id = 0"));
        // Nor is it written twice when it is taken away again.
        await AcceptAsync(Bob, "once more", reserve: 0);
        Assert.Equal(_service.Query("SELECT sum(tokens) FROM usage WHERE user_id <> 0"), _service.Query("SELECT tokens FROM usage WHERE user_id = 0"));
    }

    [Theory]
    [InlineData(0, "2026-01-01|11|1100")]
    [InlineData(1_000_000, "2026-01-01|11|1100", "2026-01-01|0|1100")]
    public async Task A_new_day_begins_at_midnight_UTC_and_what_is_settled_then_is_of_the_day_before(long totalLimit, params string[] rows)
    {
        _service.Time.Advance(TimeSpan.FromHours(23.9));
        await CompleteAsync((await AcceptAsync(Ann, "hello", userLimit: 1000, totalLimit: totalLimit)).Turn.TurnId, tokens: 900);
        var late = (await AcceptAsync(Ann, "still today", userLimit: 1000, totalLimit: totalLimit)).Turn.TurnId;
        _service.Time.Advance(TimeSpan.FromHours(0.2));

        var next = await AcceptAsync(Ann, "a new day", userLimit: 1000, reserve: 0);
        await CompleteAsync(late, tokens: 200);

        Assert.Equal(0, next.Usage.UserTokens);
        Assert.Equal((next.Turn.Tokens, next.Turn.Tokens), await UsageAsync(Ann));
        Assert.Equal(rows, _service.Query("SELECT day, user_id, tokens FROM usage WHERE day = '2026-01-01' ORDER BY user_id DESC"));
    }

    [Fact]
    public async Task Only_today_and_yesterday_are_remembered()
    {
        for (var day = 0; day < 4; day++)
        {
            await AcceptAsync(Ann, $"day {day}");
            _service.Time.Advance(TimeSpan.FromDays(1));
        }

        await AcceptAsync(Ann, "today");

        await _service.Get<Retention>().DeleteAsync(Token);

        Assert.Equal(["2026-01-04", "2026-01-05"], _service.Query("SELECT DISTINCT day FROM usage ORDER BY day"));
    }

    [Fact]
    public async Task A_command_that_asks_a_model_is_charged_and_leaves_nothing_in_the_history()
    {
        var command = await AcceptAsync(Ann, "", isCommand: true);

        Assert.Equal(Wire.TurnState.Delivered, command.Turn.State);
        await ChargeAsync(command.Turn.TurnId, 77);
        Assert.Equal((77, 77), await UsageAsync(Ann));
        Assert.Empty(await _chat.TextsAsync());
        Assert.Equal(0, await _chat.OpenTurnsAsync());
    }

    [Fact]
    public async Task What_is_forgotten_keeps_the_charge_of_what_may_have_been_asked_and_gives_back_what_only_waited()
    {
        var answered = (await AcceptAsync(Ann, "hello")).Turn;
        await CompleteAsync(answered.TurnId, tokens: 42);
        var waiting = (await AcceptAsync(Ann, "and more")).Turn;

        await _chat.ForgetAsync();
        await ChargeAsync(answered.TurnId, 0);

        Assert.NotEqual(0, waiting.Tokens);
        Assert.Equal((42, 42), await UsageAsync(Ann));
        Assert.Equal(["0"], _service.Query("SELECT DISTINCT user_id FROM turns"));
    }

    [Fact]
    public async Task Of_what_is_forgotten_the_first_open_turn_keeps_its_reservation()
    {
        var first = (await AcceptAsync(Ann, "hello")).Turn;
        await AcceptAsync(Ann, "and more");

        await _chat.ForgetAsync();

        Assert.Equal((first.Tokens, first.Tokens), await UsageAsync(Ann));
    }

    [Fact]
    public async Task Who_is_let_out_is_not_charged_for_what_only_waited_and_what_was_begun_can_still_be_settled()
    {
        var chat = new Conversation(_service.Client, chatId: $"{Ann}");
        var begun = (await AcceptAsync(Ann, "hello", chat: chat)).Turn;
        await _service.Client.UpdateDeliveryAsync(new() { TurnId = begun.TurnId, ReplyMessageIds = { 0 } }, cancellationToken: Token);
        await AcceptAsync(Ann, "and more", chat: chat);

        await _service.Client.RemovePersonAsync(new() { UserId = Ann }, cancellationToken: Token);

        Assert.Equal((begun.Tokens, begun.Tokens), await UsageAsync(Ann));
        await ChargeAsync(begun.TurnId, 7);
        Assert.Equal((7, 7), await UsageAsync(Ann));
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
        _service.Time.Advance(TimeSpan.FromDays(1));
        await AcceptAsync(Ann, "a new day");
        Assert.True(await NoteToldAsync(Ann, 100));
    }

    [Fact]
    public async Task A_message_without_a_budget_is_charged_to_nobody()
    {
        var turnId = await _chat.SayAsync("hello");
        await CompleteAsync(turnId, tokens: 5);

        Assert.Empty(_service.Query("SELECT * FROM usage"));
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

    private async Task<Wire.AcceptMessageResponse> AcceptAsync(
        long userId, string text, string? sourceId = null, long userLimit = 0, long totalLimit = 0, int reserve = 100, int maxHistoryMessages = 50, bool isCommand = false, Conversation? chat = null) =>
        await _service.Client.AcceptMessageAsync(
            new Wire.AcceptMessageRequest
            {
                Session = (chat ?? _chat).Id,
                SourceId = sourceId ?? $"charged-{++_source}",
                Text = text,
                Command = isCommand,
                Budget = new Wire.Budget
                {
                    UserId = userId,
                    UserLimit = userLimit,
                    TotalLimit = totalLimit,
                    ReserveTokens = reserve,
                    MaxHistoryMessages = maxHistoryMessages,
                },
            },
            cancellationToken: Token);

    private async Task CompleteAsync(long turnId, long tokens) =>
        await _service.Client.CompleteTurnAsync(
            new Wire.CompleteTurnRequest { TurnId = turnId, Text = "answer", FinishReason = Wire.FinishReason.Stop, Tokens = tokens }, cancellationToken: Token);

    private async Task<bool> NoteToldAsync(long userId, int percent) =>
        (await _service.Client.NoteBudgetToldAsync(new Wire.NoteBudgetToldRequest { UserId = userId, Percent = percent }, cancellationToken: Token)).First;

    private async Task ChargeAsync(long turnId, long tokens) =>
        await _service.Client.ChargeTurnAsync(new Wire.ChargeTurnRequest { TurnId = turnId, Tokens = tokens }, cancellationToken: Token);

    private async Task<(long OfUser, long OfAll)> UsageAsync(long userId)
    {
        var usage = (await _service.Client.GetUsageAsync(new Wire.GetUsageRequest { UserId = userId }, cancellationToken: Token)).Usage;
        return (usage.UserTokens, usage.TotalTokens);
    }
}
