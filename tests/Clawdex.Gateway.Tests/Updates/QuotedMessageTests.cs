using System.Globalization;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;
using Clawdex.TelegramEmulator.Control;

namespace Clawdex.Gateway.Tests.Updates;

/// <summary>"Translate this", as a reply: the model reads what "this" is.</summary>
public sealed class QuotedMessageTests(SharedGateway shared)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_message_that_is_replied_to_stands_above_the_question()
    {
        var group = await shared.Telegram.CreateGroupAsync("Friends", Cancel);
        var said = await group.SendAsync(new UserMessage { From = "Ada", Text = "Der Zug fährt um 9\nund um 10" }, Cancel);

        await group.SendAsync(new UserMessage { From = "Bob", ReplyTo = said.MessageId, Text = "@clawdex_bot translate this" }, Cancel);

        await AskedAsync("> Der Zug fährt um 9\n> und um 10\n\ntranslate this");
    }

    [Fact]
    public async Task Of_a_message_that_is_quoted_in_part_only_that_part_does()
    {
        var chat = await shared.Gateway.ChatAsync();

        await ReplyAsync(chat, "explain", """ "reply_to_message":{"message_id":1,"date":1,"chat":{"id":7,"type":"private"},"text":"alpha beta gamma"},"quote":{"text":"beta","position":6} """);

        await AskedAsync("> beta\n\nexplain");
    }

    [Fact]
    public async Task The_caption_of_a_picture_and_a_part_of_the_bots_own_answer_can_be_meant()
    {
        var chat = await shared.Gateway.ChatAsync();

        await ReplyAsync(chat, "what town?", """ "reply_to_message":{"message_id":1,"date":1,"chat":{"id":7,"type":"private"},"caption":"The harbour","photo":[]} """);
        await AskedAsync("> The harbour\n\nwhat town?");

        await ReplyAsync(chat, "really?", """ "reply_to_message":{"message_id":1,"date":1,"chat":{"id":7,"type":"private"},"from":{"id":1,"is_bot":true,"first_name":"Clawdex"},"text":"So and so."},"quote":{"text":"and","position":3} """);
        await AskedAsync("> and\n\nreally?");
    }

    [Fact]
    public async Task A_command_that_is_written_as_a_reply_is_one()
    {
        var chat = await shared.Gateway.ChatAsync();
        var said = await chat.SayAsync("first");
        await chat.ReadsAsync("Echo: first");

        await chat.SendAsync(new UserMessage { ReplyTo = said.MessageId, Text = "/model" }, Cancel);

        await chat.ReadsAsync(message => message.Text.Contains("Current model", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_older_answer_of_the_bot_that_is_replied_to_stands_above_the_question()
    {
        var chat = await shared.Gateway.ChatAsync();
        var older = await AnswerAsync(chat, "of three answers the first");
        await AnswerAsync(chat, "of three answers the second");

        await chat.SendAsync(new UserMessage { ReplyTo = older.MessageId, Text = "translate the first" }, Cancel);

        await AskedAsync("> Echo: of three answers the first\n\ntranslate the first");
    }

    [Fact]
    public async Task So_does_one_from_before_a_reset_and_what_was_no_answer_of_the_model()
    {
        var chat = await shared.Gateway.ChatAsync();
        var forgotten = await AnswerAsync(chat, "soon forgotten");
        await chat.SayAsync("/reset");
        var notice = await chat.ReadsAsync(UserTexts.ResetDone);

        await chat.SendAsync(new UserMessage { ReplyTo = forgotten.MessageId, Text = "translate what is forgotten" }, Cancel);
        await AskedAsync("> Echo: soon forgotten\n\ntranslate what is forgotten");

        await chat.SendAsync(new UserMessage { ReplyTo = notice.MessageId, Text = "what is reset?" }, Cancel);
        await AskedAsync($"> {UserTexts.ResetDone}\n\nwhat is reset?");
    }

    [Fact]
    public async Task Why_there_was_no_answer_stands_above_the_question_about_it()
    {
        var chat = await shared.Gateway.ChatAsync();
        shared.Llm.When("fail without a word", _ => throw LlmCall.Failure(Llm.V1.FailureKind.KeyRejected));
        await chat.SayAsync("fail without a word");
        var failure = await chat.ReadsAsync(_ => true);
        await Eventually.TrueAsync(() => shared.Sessions.TurnsOf(chat.Id) is [{ State: TurnState.Failed }]);

        await chat.SendAsync(new UserMessage { ReplyTo = failure.MessageId, Text = "why did it fail?" }, Cancel);

        await Eventually.TrueAsync(() => shared.Sessions.TurnsOf(chat.Id) is [_, { UserText: var asked }] && asked.StartsWith("> ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_last_answer_does_not_for_it_is_what_the_model_reads_above_the_question()
    {
        var chat = await shared.Gateway.ChatAsync();
        await AnswerAsync(chat, "of two answers the first");
        var last = await AnswerAsync(chat, "of two answers the last");

        var reply = await chat.SendAsync(new UserMessage { ReplyTo = last.MessageId, Text = "translate the last" }, Cancel);
        await chat.ReadsAsync("Echo: translate the last");
        await Eventually.TrueAsync(() => shared.Sessions.TurnsOf(chat.Id) is [_, _, { State: TurnState.Delivered }]);
        // Such as Telegram's own, which gives a message the preview of its link.
        await chat.EditAsync(reply.MessageId, new UserEdit("translate the last", IsHidden: true), Cancel);
        await AnswerAsync(chat, "of two answers none");

        Assert.Empty(shared.Llm.CallsFor("> Echo: of two answers the last\n\ntranslate the last"));
        Assert.DoesNotContain(await chat.TimelineAsync(), entry => entry.Kind is TimelineKind.EditMarkup);
    }

    [Fact]
    public async Task Of_a_long_answer_the_beginning_is_enough_and_no_letter_is_cut_in_two()
    {
        var chat = await shared.Gateway.ChatAsync();
        var text = $"a{string.Concat(Enumerable.Repeat("😀", 1500))}";

        await ReplyAsync(chat, "and this one?", $$""" "reply_to_message":{"message_id":1,"date":1,"chat":{"id":7,"type":"private"},"from":{"id":{{BotId}},"is_bot":true,"first_name":"Clawdex"},"text":"{{text}}"} """);

        await AskedAsync($"> {text[..1999]}…\n\nand this one?");
    }

    [Fact]
    public async Task Of_a_poll_the_question_and_its_options_can_be_meant()
    {
        var chat = await shared.Gateway.ChatAsync();

        await ReplyAsync(chat, "what would you choose?", """ "reply_to_message":{"message_id":1,"date":1,"chat":{"id":7,"type":"private"},"poll":{"id":"1","question":"Tea?","options":[{"text":"Green","voter_count":0},{"text":"Black","voter_count":1}],"total_voter_count":1,"is_closed":false,"is_anonymous":true,"type":"regular","allows_multiple_answers":false}} """);

        await AskedAsync("> Tea?\n> - Green\n> - Black\n\nwhat would you choose?");
    }

    private long BotId => long.Parse(shared.Gateway.Telegram.Token.Split(':')[0], CultureInfo.InvariantCulture);

    private async Task<EmulatedMessage> AnswerAsync(EmulatedChat chat, string question)
    {
        await chat.SayAsync(question);
        var answer = await chat.ReadsAsync($"Echo: {question}");
        await Eventually.TrueAsync(() => shared.Sessions.TurnsOf(chat.Id) is [.., { State: TurnState.Delivered }]);
        return answer;
    }

    private Task AskedAsync(string question) => Eventually.TrueAsync(() => shared.Llm.CallsFor(question).Count == 1);

    // The number is a small one: the chats of a bot share one sequence, and others' searches go on behind the greatest.
    private Task<int> ReplyAsync(EmulatedChat chat, string text, string reply) => shared.Telegram.InjectUpdateAsync(
        $$"""{"message":{"message_id":4,"date":{{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}},"chat":{"id":{{chat.Id}},"type":"private","first_name":"Ada"},"from":{"id":{{chat.Id}},"is_bot":false,"first_name":"Ada"},"text":"{{text}}",{{reply}} } }""",
        Cancel);
}
