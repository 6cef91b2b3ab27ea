using Clawdex.SessionService.Tests.Api;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests.Turns;

/// <summary>What a turn is charged: reserved with the message, settled with the answer, once.</summary>
public sealed class UsageTests : UsageTest
{
    [Fact]
    public async Task A_message_reserves_for_the_history_for_itself_and_for_the_longest_answer()
    {
        await Chat.ExchangeAsync(new string('q', 400), new string('a', 800));

        await AcceptAsync(Ann, new string('x', 40), reserve: 1000);

        Assert.Equal((100 + 200 + 10 + 1000, 1310), await UsageAsync(Ann));
        Assert.Equal((0, 1310), await UsageAsync(Bob));
    }

    [Fact]
    public async Task Only_so_much_of_the_history_is_reserved_for_as_a_model_is_shown()
    {
        await Chat.ExchangeAsync(new string('q', 400), new string('a', 800));

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

        await Service.Client.FailTurnAsync(new() { TurnId = spent.TurnId, Error = "ProviderDown", Tokens = 7 }, cancellationToken: Token);
        await Service.Client.FailTurnAsync(new() { TurnId = unknown.TurnId, Error = "chat-gone" }, cancellationToken: Token);

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
        var open = await Service.Client.ListOpenTurnsAsync(new(), cancellationToken: Token);
        Assert.Equal((2 * turn.Tokens, Ann), (Assert.Single(open.Turns).Tokens, open.Turns[0].UserId));
    }

    [Fact]
    public async Task A_command_that_asks_a_model_is_charged_and_leaves_nothing_in_the_history()
    {
        var command = await AcceptAsync(Ann, "", isCommand: true);

        Assert.Equal(Wire.TurnState.Delivered, command.Turn.State);
        await ChargeAsync(command.Turn.TurnId, 77);
        Assert.Equal((77, 77), await UsageAsync(Ann));
        Assert.Empty(await Chat.TextsAsync());
        Assert.Equal(0, await Chat.OpenTurnsAsync());
    }

    [Fact]
    public async Task What_is_forgotten_keeps_the_charge_of_what_may_have_been_asked_and_gives_back_what_only_waited()
    {
        var answered = (await AcceptAsync(Ann, "hello")).Turn;
        await CompleteAsync(answered.TurnId, tokens: 42);
        var waiting = (await AcceptAsync(Ann, "and more")).Turn;

        await Chat.ForgetAsync();
        await ChargeAsync(answered.TurnId, 0);

        Assert.NotEqual(0, waiting.Tokens);
        Assert.Equal((42, 42), await UsageAsync(Ann));
        Assert.Equal(["0"], Service.Query("SELECT DISTINCT user_id FROM turns"));
    }

    [Fact]
    public async Task Of_what_is_forgotten_the_first_open_turn_keeps_its_reservation()
    {
        var first = (await AcceptAsync(Ann, "hello")).Turn;
        await AcceptAsync(Ann, "and more");

        await Chat.ForgetAsync();

        Assert.Equal((first.Tokens, first.Tokens), await UsageAsync(Ann));
    }

    [Fact]
    public async Task Who_is_let_out_is_not_charged_for_what_only_waited_and_what_was_begun_can_still_be_settled()
    {
        var chat = new Conversation(Service.Client, chatId: $"{Ann}");
        var begun = (await AcceptAsync(Ann, "hello", chat: chat)).Turn;
        await Service.Client.UpdateDeliveryAsync(new() { TurnId = begun.TurnId, ReplyMessageIds = { 0 } }, cancellationToken: Token);
        await AcceptAsync(Ann, "and more", chat: chat);

        await Service.Client.RemovePersonAsync(new() { UserId = Ann }, cancellationToken: Token);

        Assert.Equal((begun.Tokens, begun.Tokens), await UsageAsync(Ann));
        await ChargeAsync(begun.TurnId, 7);
        Assert.Equal((7, 7), await UsageAsync(Ann));
    }

    [Fact]
    public async Task A_message_without_a_budget_is_charged_to_nobody()
    {
        var turnId = await Chat.SayAsync("hello");
        await CompleteAsync(turnId, tokens: 5);

        Assert.Empty(Service.Query("SELECT * FROM usage"));
    }

    private async Task ChargeAsync(long turnId, long tokens) =>
        await Service.Client.ChargeTurnAsync(new Wire.ChargeTurnRequest { TurnId = turnId, Tokens = tokens }, cancellationToken: Token);
}
