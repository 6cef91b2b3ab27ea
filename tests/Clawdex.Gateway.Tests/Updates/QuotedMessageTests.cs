using Clawdex.Gateway.Tests.Running;
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

    private Task AskedAsync(string question) => Eventually.TrueAsync(() => shared.Llm.CallsFor(question).Count == 1);

    // The number is a small one: the chats of a bot share one sequence, and others' searches go on behind the greatest.
    private Task<int> ReplyAsync(EmulatedChat chat, string text, string reply) => shared.Telegram.InjectUpdateAsync(
        $$"""{"message":{"message_id":4,"date":{{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}},"chat":{"id":{{chat.Id}},"type":"private","first_name":"Ada"},"from":{"id":{{chat.Id}},"is_bot":false,"first_name":"Ada"},"text":"{{text}}",{{reply}} } }""",
        Cancel);
}
