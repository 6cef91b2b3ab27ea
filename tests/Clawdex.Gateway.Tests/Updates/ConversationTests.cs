using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;
using Clawdex.TelegramEmulator.Control;

namespace Clawdex.Gateway.Tests.Updates;

/// <summary>Who is answered where: groups, topics, edits, other things than text, migration (cases 10 to 16).</summary>
public sealed class ConversationTests(SharedGateway shared)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task In_a_group_the_bot_answers_mentions_replies_and_commands_and_nothing_else()
    {
        var group = await shared.Telegram.CreateGroupAsync("Friends", Cancel);

        await group.SayAsync("just talking");
        var asked = await group.SayAsync("@clawdex_bot hello there");
        var answer = await group.ReadsAsync("Echo: hello there");
        await Eventually.TrueAsync(() => shared.Sessions.TurnsOf(group.Id) is [{ State: TurnState.Delivered }]);
        await group.SendAsync(new UserMessage { Text = "and again", ReplyTo = answer.MessageId }, Cancel);
        await group.ReadsAsync("Echo: and again");
        await Eventually.TrueAsync(() => shared.Sessions.HistoryOf($"telegram:{group.Id}").Count == 4);
        await group.SayAsync("/status");
        await group.ReadsAsync(message => message.Text.Contains("Messages: 4", StringComparison.Ordinal));

        Assert.Equal(asked.MessageId, answer.ReplyToMessageId);
        Assert.Equal(3, (await group.BotTextsAsync()).Count);
        Assert.Empty(shared.Llm.CallsFor("just talking"));
    }

    [Fact]
    public async Task A_mention_of_another_name_that_only_starts_alike_is_none()
    {
        var group = await shared.Telegram.CreateGroupAsync("Friends", Cancel);

        await group.SayAsync("@clawdex_bot2 not you");
        await group.SayAsync("hey @CLAWDEX_BOT, you");
        await group.ReadsAsync("Echo: hey @CLAWDEX_BOT, you");

        Assert.Single(await group.BotTextsAsync());
    }

    [Fact]
    public async Task Commands_for_another_bot_and_unknown_ones_of_others_are_ignored_in_groups()
    {
        var group = await shared.Telegram.CreateGroupAsync("Friends", Cancel);

        await group.SayAsync("/help@OtherBot");
        await group.SayAsync("/weather");
        await group.SayAsync("/weather@clawdex_bot");
        await group.ReadsAsync("I do not know /weather. Send /help for the list of commands.");

        Assert.Single(await group.BotTextsAsync());
    }

    [Fact]
    public async Task Each_forum_topic_is_a_conversation_of_its_own()
    {
        var forum = await shared.Telegram.CreateForumAsync("Forum", ["Alpha", "Beta"], Cancel);
        foreach (var topic in forum.Topics)
            await forum.SendAsync(new UserMessage { Text = $"@clawdex_bot this is {topic.Name}", ThreadId = topic.Id }, Cancel);
        await forum.SayAsync("@clawdex_bot this is general");

        foreach (var topic in forum.Topics)
        {
            var answer = await forum.ReadsAsync($"Echo: this is {topic.Name}");
            Assert.Equal(topic.Id, answer.ThreadId);
            await Eventually.TrueAsync(() => shared.Sessions.HistoryOf($"telegram:{forum.Id}:topic:{topic.Id}").Count == 2);
        }

        Assert.Null((await forum.ReadsAsync("Echo: this is general")).ThreadId);
        await Eventually.TrueAsync(() => shared.Sessions.HistoryOf($"telegram:{forum.Id}").Count == 2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_edited_message_is_not_answered_again(bool isHidden)
    {
        var chat = await shared.Gateway.ChatAsync();
        var message = await chat.SayAsync("original");
        await chat.ReadsAsync("Echo: original");

        await chat.EditAsync(message.MessageId, new UserEdit(isHidden ? "original" : "changed", isHidden), Cancel);
        await chat.SayAsync("next");
        await chat.ReadsAsync("Echo: next");

        Assert.Equal(["Echo: original", "Echo: next"], await chat.BotTextsAsync());
    }

    [Theory]
    [InlineData("sticker", "")]
    [InlineData("photo", "what is this?")]
    [InlineData("voice", "")]
    public async Task What_is_not_text_gets_a_polite_notice(string media, string caption)
    {
        var chat = await shared.Gateway.ChatAsync();

        await chat.SendAsync(new UserMessage { Media = media, Text = caption }, Cancel);

        await chat.ReadsAsync("I can only read text. Please write what you want to say or ask.");
    }

    [Fact]
    public async Task Media_in_a_group_that_is_not_for_the_bot_and_service_messages_are_ignored()
    {
        var group = await shared.Telegram.CreateForumAsync("Forum", [], Cancel);

        await group.SendAsync(new UserMessage { Media = "photo", Text = "look" }, Cancel);
        await group.AddTopicAsync("New topic", Cancel);
        await group.SayAsync("/start");
        await group.ReadsAsync(message => message.Text.Contains("Hello", StringComparison.Ordinal));

        Assert.Single(await group.BotTextsAsync());
    }

    [Fact]
    public async Task An_album_gets_one_notice()
    {
        var chat = await shared.Gateway.ChatAsync();
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        for (var i = 0; i < 3; i++)
        {
            await shared.Telegram.InjectUpdateAsync(
                $$$"""{"message":{"message_id":{{{1 + i}}},"date":{{{now}}},"chat":{"id":{{{chat.Id}}},"type":"private"},"from":{"id":{{{chat.Id}}},"is_bot":false,"first_name":"Ann"},"media_group_id":"album-{{{chat.Id}}}","photo":[{"file_id":"a","file_unique_id":"b","width":1,"height":1}]}}""",
                Cancel);
        }

        await chat.SayAsync("next");
        await chat.ReadsAsync("Echo: next");

        Assert.Equal(2, (await chat.BotTextsAsync()).Count);
    }

    [Fact]
    public async Task A_message_without_a_sender_is_answered()
    {
        var group = await shared.Telegram.CreateSupergroupAsync("Anonymous", Cancel);
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

        await shared.Telegram.InjectUpdateAsync(
            $$$"""{"message":{"message_id":9000,"date":{{{now}}},"chat":{"id":{{{group.Id}}},"type":"supergroup","title":"Anonymous"},"sender_chat":{"id":{{{group.Id}}},"type":"supergroup","title":"Anonymous"},"text":"@clawdex_bot who am I?"}}""",
            Cancel);

        await group.ReadsAsync("Echo: who am I?");
    }

    [Fact]
    public async Task Two_messages_at_once_are_answered_one_after_the_other()
    {
        var gate = new Gate();
        shared.Llm.When("slow first", async call =>
        {
            await call.SayAsync("first ");
            await gate.PassAsync(call.Cancelled);
            await call.SayAsync("done");
        });
        var chat = await shared.Gateway.ChatAsync();

        await chat.SayAsync("slow first");
        await chat.SayAsync("quick second");
        await chat.ReadsAsync("first");
        Assert.Empty(shared.Llm.CallsFor("quick second"));
        gate.Open();
        await chat.ReadsAsync("Echo: quick second");

        Assert.Equal(["first done", "Echo: quick second"], await chat.BotTextsAsync());
        Assert.Equal(
            ["user: slow first", "assistant: first done", "user: quick second"], Assert.Single(shared.Llm.CallsFor("quick second")).Prompt);
    }

    [Fact]
    public async Task Two_chats_are_answered_in_parallel()
    {
        var gate = new Gate();
        shared.Llm.When("block my chat", async call =>
        {
            await gate.PassAsync(call.Cancelled);
            await call.SayAsync("free");
        });
        var (blocked, free) = (await shared.Gateway.ChatAsync(), await shared.Gateway.ChatAsync());

        await blocked.SayAsync("block my chat");
        await free.SayAsync("hello");
        await free.ReadsAsync("Echo: hello");

        gate.Open();
        await blocked.ReadsAsync("free");
    }

    [Fact]
    public async Task A_group_that_becomes_a_supergroup_keeps_its_session()
    {
        var group = await shared.Telegram.CreateGroupAsync("Growing", Cancel);
        await group.SayAsync("@clawdex_bot before");
        await group.ReadsAsync("Echo: before");

        var supergroup = await group.MigrateAsync(Cancel);
        await supergroup.SayAsync("@clawdex_bot after");
        await supergroup.ReadsAsync("Echo: after");

        Assert.Equal(["user: before", "assistant: Echo: before", "user: after"], Assert.Single(shared.Llm.CallsFor("after")).Prompt);
    }

    [Fact]
    public async Task An_answer_to_a_group_that_migrates_meanwhile_goes_to_the_supergroup()
    {
        var gate = new Gate();
        shared.Llm.When("migrate under me", async call =>
        {
            await gate.PassAsync(call.Cancelled);
            await call.SayAsync("arrived");
        });
        var group = await shared.Telegram.CreateGroupAsync("Growing", Cancel);
        await group.SayAsync("@clawdex_bot migrate under me");
        await Eventually.TrueAsync(() => shared.Llm.CallsFor("migrate under me").Count == 1);

        var supergroup = await group.MigrateAsync(Cancel);
        gate.Open();

        await supergroup.ReadsAsync("arrived");
        await Eventually.TrueAsync(() => shared.Sessions.TurnsOf(group.Id).All(turn => turn.State is TurnState.Delivered));
    }

    [Fact]
    public async Task A_paste_that_telegram_split_is_one_question_with_one_answer()
    {
        var chat = await shared.Gateway.ChatAsync();
        var (first, second) = (new string('a', 4096), "the end");
        shared.Llm.When(first + second, "read it all");
        await chat.SayAsync("/model fake/large");
        var switched = await chat.ReadsAsync(message => message.Text.Contains("fake/large", StringComparison.Ordinal));

        await chat.SayAsync(first);
        await chat.SayAsync(second);
        await chat.ReadsAsync("read it all");

        Assert.Equal([switched.Text, "read it all"], await chat.BotTextsAsync());
        Assert.Equal([TurnState.Cancelled, TurnState.Delivered], await SettledAsync(chat.Id));
    }

    [Fact]
    public async Task A_long_message_without_a_continuation_is_answered_after_a_moment()
    {
        var chat = await shared.Gateway.ChatAsync();
        var text = new string('b', 4050);
        shared.Llm.When(text, "long enough");

        await chat.SayAsync(text);

        await chat.ReadsAsync("long enough");
    }

    private async Task<IReadOnlyList<TurnState>> SettledAsync(long chatId)
    {
        await Eventually.TrueAsync(() => shared.Sessions.TurnsOf(chatId).All(turn => turn.State >= TurnState.Delivered));
        return [.. shared.Sessions.TurnsOf(chatId).Select(turn => turn.State)];
    }
}
