using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;
using Clawdex.TelegramEmulator.Control;
using Clawdex.TelegramEmulator.Faults;

namespace Clawdex.Gateway.Tests.Turns;

/// <summary>What a user sees of one answer: typing, a placeholder, the text in as many messages as it needs.</summary>
public sealed class ReplyTests(SharedGateway shared)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_silent_model_shows_typing_and_then_a_placeholder_that_becomes_the_answer()
    {
        var gate = new Gate();
        shared.Llm.When("think a while", async call =>
        {
            await gate.PassAsync(call.Cancelled);
            await call.SayAsync("Thought.");
        });
        var chat = await shared.Gateway.ChatAsync();

        await chat.SayAsync("think a while");
        var placeholder = await chat.ReadsAsync("…");
        gate.Open();
        var answer = await chat.ReadsAsync("Thought.");

        Assert.Equal(placeholder.MessageId, answer.MessageId);
        Assert.Contains(await chat.TimelineAsync(), entry => entry is { Kind: TimelineKind.ChatAction, Detail: "typing" });
        Assert.Equal(["Thought."], await chat.BotTextsAsync());
    }

    [Fact]
    public async Task Typing_that_fails_harms_nobody()
    {
        shared.Llm.When("type badly", async call =>
        {
            await Task.Delay(300, call.Cancelled);
            await call.SayAsync("Fine.");
        });
        var chat = await shared.Gateway.ChatAsync();
        await shared.Telegram.AddFaultAsync(new Fault(FaultKind.TooManyRequests) { Method = "sendChatAction", ChatId = chat.Id, RetryAfter = 1 }, Cancel);

        await chat.SayAsync("type badly");

        await chat.ReadsAsync("Fine.");
    }

    [Fact]
    public async Task A_long_answer_is_split_and_nothing_of_it_is_lost()
    {
        var words = string.Join(' ', Enumerable.Range(1, 2500).Select(i => $"word{i}"));
        shared.Llm.When("write a lot", [.. words.Chunk(500).Select(chunk => new string(chunk))]);
        var chat = await shared.Gateway.ChatAsync();

        await chat.SayAsync("write a lot");
        await DeliveredAsync(chat);

        var texts = await chat.BotTextsAsync();
        Assert.All(texts, text => Assert.InRange(text.Length, 1, 4096));
        Assert.Equal(words.Replace(" ", "", StringComparison.Ordinal), string.Concat(texts).Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal));
        Assert.Equal(texts.Count, shared.Sessions.TurnsOf(chat.Id)[0].ReplyMessageIds.Count);
    }

    [Fact]
    public async Task A_long_answer_rings_once_with_its_first_message()
    {
        shared.Llm.When("ring once", [.. Enumerable.Range(1, 2500).Select(i => $"word{i} ").Chunk(100).Select(words => string.Concat(words))]);
        var chat = await shared.Gateway.ChatAsync();

        await chat.SayAsync("ring once");
        await DeliveredAsync(chat);

        var parts = (await chat.GetMessagesAsync(Cancel)).Where(message => message.From.IsBot).ToList();
        Assert.InRange(parts.Count, 3, 10);
        Assert.Equal([false, .. Enumerable.Repeat(true, parts.Count - 1)], parts.Select(message => message.IsSilent));
    }

    [Fact]
    public async Task What_the_bot_itself_says_in_several_messages_rings_once_too()
    {
        var people = Enumerable.Range(0, 400).Select(i => ($"channels:telegram:allowedUsers:{i}", $"{1001 + i}"));
        await using var gateway = await GatewayUnderTest.StartAsync([.. people]);
        var chat = await gateway.ChatAsync();

        await chat.SayAsync("/users");
        await chat.ReadsAsync(message => message.Text.EndsWith("nobody else can be let in.", StringComparison.Ordinal));

        var parts = (await chat.GetMessagesAsync(Cancel)).Where(message => message.From.IsBot).ToList();
        Assert.InRange(parts.Count, 2, 10);
        Assert.Equal([false, .. Enumerable.Repeat(true, parts.Count - 1)], parts.Select(message => message.IsSilent));
    }

    [Fact]
    public async Task Streamed_messages_never_carry_a_keyboard()
    {
        var chat = await shared.Gateway.ChatAsync();

        await chat.SayAsync("no keyboard");
        await chat.ReadsAsync("Echo: no keyboard");

        Assert.All(await chat.GetMessagesAsync(Cancel), message => Assert.False(message.HasReplyMarkup || message.Keyboard is not null));
    }

    private Task DeliveredAsync(EmulatedChat chat) =>
        Eventually.TrueAsync(() => shared.Sessions.TurnsOf(chat.Id) is [.., { State: TurnState.Delivered }]);
}
