using System.Text.RegularExpressions;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;
using Clawdex.TelegramEmulator.Control;

namespace Clawdex.Gateway.Tests.Turns;

/// <summary><c>agent:limits</c> as users and the owner see them. Each answer of the fake model costs 12 tokens.</summary>
public sealed class BudgetTests
{
    private const long OwnerId = 7001, AnnId = 7002;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_has_used_the_tokens_of_a_day_reads_so_once_and_costs_nothing_more()
    {
        await using var gateway = await StartAsync(("agent:limits:tokensPerUserPerDay", "12"));
        var ann = await ChatAsync(gateway, AnnId);
        await AskAsync(gateway, ann, "one");

        await ann.SayAsync("two");
        await ReadsAsync(ann, "⚠️ You have used your 12 tokens of today. I go on at midnight UTC, in TIME; the owner can raise agent:limits:tokensPerUserPerDay.");
        await ann.SayAsync("three");
        await ConfirmedAsync(gateway);
        await gateway.StopGatewayAsync();
        await gateway.StartGatewayAsync();
        await ann.SayAsync("four");
        await SaidAsync(gateway, ann);

        Assert.Equal(3, (await ann.BotTextsAsync()).Count);
        Assert.Single(gateway.Sessions.Turns);
        Assert.Single(gateway.Llm.Calls);
        Assert.Equal(12, gateway.Sessions.UsedBy(AnnId));
    }

    [Fact]
    public async Task The_owner_has_no_budget_of_his_own()
    {
        await using var gateway = await StartAsync(("agent:limits:tokensPerUserPerDay", "12"));
        var owner = await ChatAsync(gateway, OwnerId);

        await AskAsync(gateway, owner, "one");
        await AskAsync(gateway, owner, "two");

        Assert.Equal(["Echo: one", "Echo: two"], await owner.BotTextsAsync());
    }

    [Fact]
    public async Task The_owner_hears_at_80_and_at_100_per_cent_of_the_days_tokens_once_each()
    {
        await using var gateway = await StartAsync(("agent:limits:tokensPerDay", "15"));
        var (owner, ann) = (await ChatAsync(gateway, OwnerId), await ChatAsync(gateway, AnnId));
        await AskAsync(gateway, ann, "one");

        await AskAsync(gateway, ann, "two");
        await ReadsAsync(owner, "💰 12 of today's 15 tokens are used, by everybody together. When all are, I answer nobody until midnight UTC, in TIME. The limit is agent:limits:tokensPerDay.");
        await ann.SayAsync("three");
        await ReadsAsync(ann, "⚠️ The 15 tokens of today, for everybody together, are used. I go on at midnight UTC, in TIME; the owner can raise agent:limits:tokensPerDay.");
        await ReadsAsync(owner, "💰 Today's 15 tokens are used, by everybody together. I answer nobody until midnight UTC, in TIME. The limit is agent:limits:tokensPerDay.");
        await ann.SayAsync("four");
        await ConfirmedAsync(gateway);
        await gateway.StopGatewayAsync();
        await gateway.StartGatewayAsync();
        await ann.SayAsync("five");
        await SaidAsync(gateway, ann);
        await SaidAsync(gateway, owner);

        Assert.Equal((3, 4), ((await owner.BotTextsAsync()).Count, (await ann.BotTextsAsync()).Count));
        Assert.Equal(2, gateway.Llm.Calls.Count);
    }

    [Fact]
    public async Task The_days_tokens_bind_the_owner_as_well_who_reads_so_once()
    {
        await using var gateway = await StartAsync(("agent:limits:tokensPerDay", "12"));
        var owner = await ChatAsync(gateway, OwnerId);
        await AskAsync(gateway, owner, "one");

        await owner.SayAsync("two");
        await ReadsAsync(owner, "⚠️ The 12 tokens of today, for everybody together, are used. I go on at midnight UTC, in TIME; the owner can raise agent:limits:tokensPerDay.");
        await owner.SayAsync("three");
        await ConfirmedAsync(gateway);

        Assert.Equal(2, (await owner.BotTextsAsync()).Count);
    }

    [Fact]
    public async Task Status_shows_what_is_used_and_what_there_is()
    {
        await using var gateway = await StartAsync(("agent:limits:tokensPerUserPerDay", "200000"), ("agent:limits:tokensPerDay", "1000000"));
        var (owner, ann) = (await ChatAsync(gateway, OwnerId), await ChatAsync(gateway, AnnId));
        await AskAsync(gateway, ann, "one");
        await AskAsync(gateway, owner, "two");

        await ann.SayAsync("/status");
        await owner.SayAsync("/status");

        await ann.ReadsAsync(message => message.Text.Contains("\nTokens today: 12 of 200,000 yours, 24 of 1,000,000 in all\n", StringComparison.Ordinal));
        await owner.ReadsAsync(message => message.Text.Contains("\nTokens today: 12 yours, 24 of 1,000,000 in all\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_summary_is_charged_like_an_answer_and_refused_when_the_budget_is_spent()
    {
        await using var gateway = await StartAsync(("agent:limits:tokensPerUserPerDay", "36"));
        gateway.Llm.When("Summarize this conversation so far", "They counted.");
        var ann = await ChatAsync(gateway, AnnId);
        await AskAsync(gateway, ann, "one one one one one");
        await AskAsync(gateway, ann, "two two two two two");

        await ann.SayAsync("/compact");
        await ann.ReadsAsync(message => message.Text.StartsWith("🗜 Compacted", StringComparison.Ordinal));
        Assert.Equal(36, gateway.Sessions.UsedBy(AnnId));
        await ann.SayAsync("/compact");

        await ReadsAsync(ann, "⚠️ You have used your 36 tokens of today. I go on at midnight UTC, in TIME; the owner can raise agent:limits:tokensPerUserPerDay.");
        Assert.Equal(3, gateway.Llm.Calls.Count);
    }

    [Fact]
    public async Task What_a_killed_gateway_had_asked_stays_charged_and_what_only_waited_costs_what_it_costs()
    {
        await using var gateway = await StartAsync();
        gateway.Llm.When("long", async call =>
        {
            await call.SayAsync("Half");
            await call.HangAsync();
        });
        var ann = await ChatAsync(gateway, AnnId);
        await ann.SayAsync("long");
        await ann.ReadsAsync("Half");
        await ann.SayAsync("short");
        await Eventually.TrueAsync(() => gateway.Sessions.Turns.Count == 2);
        // Each is one token, and seven are the system prompt's.
        Assert.Equal((1 + 7 + 8192) + (1 + 2 + 7 + 8192), gateway.Sessions.UsedBy(AnnId));

        await gateway.KillGatewayAsync();
        gateway.Llm.When("long", "Whole.");
        await gateway.StartGatewayAsync();

        await ann.ReadsAsync("Echo: short");
        await Eventually.TrueAsync(() => gateway.Sessions.Turns.All(turn => turn.State is TurnState.Delivered));
        Assert.Equal((1 + 7 + 8192) + 12 + 12, gateway.Sessions.UsedBy(AnnId));
    }

    /// <summary>Nobody says what it has thought until then: stopped again and again, a model would think all day for nothing.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("Some words")]
    public async Task An_answer_that_is_stopped_is_charged_what_it_might_have_cost(string said)
    {
        await using var gateway = await StartAsync();
        gateway.Llm.When("think", async call =>
        {
            if (said.Length > 0)
                await call.SayAsync(said);
            await call.HangAsync();
        });
        var ann = await ChatAsync(gateway, AnnId);
        await ann.SayAsync("think");
        await Eventually.TrueAsync(() => gateway.Llm.Calls.Count == 1);
        if (said.Length > 0)
            await ann.ReadsAsync(said);

        await ann.SayAsync("/stop");

        await Eventually.TrueAsync(() => gateway.Sessions.Turns[0].State is TurnState.Cancelled);
        Assert.Equal(2 + 7 + gateway.Llm.Calls[0].Request.MaxOutputTokens, gateway.Sessions.UsedBy(AnnId));
    }

    /// <summary>Of 9 tokens of prompt and 100 of text, by their length.</summary>
    [Theory]
    [InlineData(false, 0, 0, 2 + 7 + 100)]
    [InlineData(true, 0, 0, 2 + 7 + 100)]
    [InlineData(true, 3, 0, 2 + 7 + 100)]
    [InlineData(true, 500, 0, 500)]
    [InlineData(true, 3, 4, 7)]
    [InlineData(true, int.MaxValue, int.MaxValue, 2L * int.MaxValue)]
    public async Task An_answer_is_charged_as_its_provider_counts_and_by_its_length_where_that_counts_no_words(
        bool isCounted, int promptTokens, int completionTokens, long charged)
    {
        await using var gateway = await StartAsync();
        (gateway.Llm.IsCounted, gateway.Llm.PromptTokens, gateway.Llm.CompletionTokens) = (isCounted, promptTokens, completionTokens);
        gateway.Llm.When("go on", new string('a', 400));
        var ann = await ChatAsync(gateway, AnnId);

        await ann.SayAsync("go on");

        await ann.ReadsAsync(new string('a', 400));
        await Eventually.TrueAsync(() => gateway.Sessions.Turns.All(turn => turn.State is TurnState.Delivered));
        Assert.Equal(charged, gateway.Sessions.UsedBy(AnnId));
    }

    [Fact]
    public async Task What_is_asked_for_once_more_is_charged_before_it_begins()
    {
        await using var gateway = await StartAsync();
        var shown = new TaskCompletionSource();
        gateway.Llm.When("say it twice", async call =>
        {
            await call.SayAsync(new string('a', 32_000));
            await shown.Task;
            if (gateway.Llm.Calls.Count == 1)
                call.Break();
            await call.HangAsync();
        });
        var ann = await ChatAsync(gateway, AnnId);

        await ann.SayAsync("say it twice");
        await ann.ReadsAsync(message => message.Text.StartsWith("aaa", StringComparison.Ordinal));
        shown.SetResult();

        await Eventually.TrueAsync(() => gateway.Llm.Calls.Count == 2);
        // What each may cost: nobody has seen the end of the first one, which has said more than it was allowed to.
        Assert.Equal((3 + 7 + 8000) + (3 + 7 + gateway.Llm.Calls[1].Request.MaxOutputTokens), gateway.Sessions.UsedBy(AnnId));
    }

    [Fact]
    public async Task The_model_is_told_how_long_an_answer_may_be()
    {
        await using var gateway = await StartAsync(("agent:model", "fake/large"));
        var ann = await ChatAsync(gateway, AnnId);

        await AskAsync(gateway, ann, "hi");
        await ann.SayAsync("/model fake/model");
        await ann.ReadsAsync(message => message.Text.StartsWith('✅'));
        await AskAsync(gateway, ann, "hi again");

        // A window of 1,000 has no room for 8,192.
        Assert.Equal(8192, gateway.Llm.CallsFor("hi")[0].Request.MaxOutputTokens);
        Assert.InRange(gateway.Llm.CallsFor("hi again")[0].Request.MaxOutputTokens, 900, 1024);
    }

    [Fact]
    public async Task As_many_answers_as_allowed_are_asked_for_at_once_and_the_others_wait_for_them()
    {
        await using var gateway = await StartAsync(("agent:limits:answersAtOnce", "1"));
        var gate = new Gate();
        gateway.Llm.When("first", async call =>
        {
            await call.SayAsync("Slowly");
            await gate.PassAsync(call.Cancelled);
        });
        var (owner, ann) = (await ChatAsync(gateway, OwnerId), await ChatAsync(gateway, AnnId));
        await owner.SayAsync("first");
        await owner.ReadsAsync("Slowly");

        await ann.SayAsync("second");
        await Eventually.TrueAsync(() => gateway.Sessions.Turns.Count == 2);
        await ann.SayAsync("/status");
        await ann.ReadsAsync(message => message.Text.StartsWith("Model:", StringComparison.Ordinal));
        Assert.Empty(gateway.Llm.CallsFor("second"));
        gate.Open();

        await ann.ReadsAsync("Echo: second");
    }

    private static async Task<GatewayUnderTest> StartAsync(params (string Key, string Value)[] settings) => await GatewayUnderTest.StartAsync(
    [
        ("channels:telegram:allowedUsers:0", $"{OwnerId}"),
        ("channels:telegram:allowedUsers:1", $"{AnnId}"),
        .. settings,
    ]);

    private static Task<EmulatedChat> ChatAsync(GatewayUnderTest gateway, long userId) =>
        gateway.Telegram.Control.CreateChatAsync(new() { Title = $"User {userId}", Id = userId }, Cancel);

    /// <summary>Asks, and waits until what it cost is settled.</summary>
    private static async Task AskAsync(GatewayUnderTest gateway, EmulatedChat chat, string text)
    {
        await chat.SayAsync(text);
        await chat.ReadsAsync($"Echo: {text}");
        await Eventually.TrueAsync(() => gateway.Sessions.Turns.All(turn => turn.State is TurnState.Delivered));
    }

    private static Task<EmulatedMessage> ReadsAsync(EmulatedChat chat, string text)
    {
        var pattern = $"^{Regex.Escape(text).Replace("TIME", @"[0-9]+\ (hour|minute)s?", StringComparison.Ordinal)}$";
        return chat.ReadsAsync(message => Regex.IsMatch(message.Text, pattern));
    }

    /// <summary>Waits until all that the gateway has to say in a chat is said: its notices and this answer come one after the other.</summary>
    private static async Task SaidAsync(GatewayUnderTest gateway, EmulatedChat chat)
    {
        await ConfirmedAsync(gateway);
        await chat.SayAsync("/help");
        await chat.ReadsAsync(message => message.Text.Contains("/help", StringComparison.Ordinal));
    }

    /// <summary>Waits until the gateway has taken in all that was written.</summary>
    private static Task ConfirmedAsync(GatewayUnderTest gateway) =>
        Eventually.TrueAsync(async cancel => (await gateway.Telegram.Control.GetUpdatesAsync(cancel)).Pending == 0);
}
