using Clawdex.TelegramEmulator.Control;

namespace Clawdex.Emulators.Tests.BotApi;

/// <summary>Which chats and messages the bot may touch, and how a refusal reads.</summary>
public sealed class ChatRuleTests : EmulatorTest
{
    [Fact]
    public async Task Buttons_can_be_set_below_the_bots_own_messages_alone_and_the_answer_shows_the_message()
    {
        var question = await Ada.SendTextAsync("mine", Stop);
        var sent = await Bot.CallAsync("sendMessage", new { chat_id = Ada.Id, text = "yours", reply_parameters = new { message_id = question.MessageId } }, Stop);
        var button = new { inline_keyboard = new[] { new[] { new { text = "…", callback_data = "probe" } } } };

        var own = await SetAsync(sent.MessageId, button);
        Assert.Equal(("yours", question.MessageId), (own.Text, own.Result.GetProperty("reply_to_message").GetProperty("message_id").GetInt32()));
        Assert.StartsWith("Bad Request: message is not modified", (await SetAsync(sent.MessageId, button)).Error, StringComparison.Ordinal);
        Assert.False((await SetAsync(sent.MessageId, new { })).Result.TryGetProperty("reply_markup", out _));
        Assert.Equal("Bad Request: message can't be edited", (await SetAsync(question.MessageId, button)).Error);
        Assert.Equal("Bad Request: message to edit not found", (await SetAsync(sent.MessageId + 1, button)).Error);
    }

    private Task<BotAnswer> SetAsync(int messageId, object markup) =>
        Bot.CallAsync("editMessageReplyMarkup", new { chat_id = Ada.Id, message_id = messageId, reply_markup = markup }, Stop);

    [Theory]
    [InlineData(BotAccess.Blocked, 403, "Forbidden: bot was blocked by the user")]
    [InlineData(BotAccess.Deactivated, 403, "Forbidden: user is deactivated")]
    [InlineData(BotAccess.NotStarted, 400, "Bad Request: chat not found")]
    public async Task A_private_chat_can_refuse_the_bot(BotAccess access, int status, string error)
    {
        var sent = await Bot.SendAsync(Ada.Id, "x", Stop);
        await Ada.SetAccessAsync(access, Stop);

        var send = await Bot.SendAsync(Ada.Id, "x", Stop);
        var edit = await Bot.EditAsync(Ada.Id, sent.MessageId, "y", Stop);

        Assert.Equal((status, error), (send.Status, send.Error));
        Assert.Equal((status, error), (edit.Status, edit.Error));
    }

    [Theory]
    [InlineData(ChatKind.Group, BotAccess.Kicked, 403, "Forbidden: bot was kicked from the group chat")]
    [InlineData(ChatKind.Supergroup, BotAccess.Kicked, 403, "Forbidden: bot was kicked from the supergroup chat")]
    [InlineData(ChatKind.Group, BotAccess.NotMember, 403, "Forbidden: bot is not a member of the group chat")]
    [InlineData(ChatKind.Group, BotAccess.Deleted, 403, "Forbidden: the group chat was deleted")]
    [InlineData(ChatKind.Group, BotAccess.Restricted, 400, "Bad Request: not enough rights to send text messages to the chat")]
    public async Task A_group_can_refuse_the_bot(ChatKind kind, BotAccess access, int status, string error)
    {
        var group = await Telegram.Control.CreateChatAsync(new() { Kind = kind, Title = "Friends" }, Stop);
        await group.SetAccessAsync(access, Stop);

        var answer = await Bot.SendAsync(group.Id, "x", Stop);

        Assert.Equal((status, error), (answer.Status, answer.Error));
    }

    [Fact]
    public async Task Blocking_and_unblocking_is_told_by_my_chat_member()
    {
        await Ada.SetAccessAsync(BotAccess.Blocked, Stop);
        await Ada.SendTextAsync("/start", Stop);

        var updates = (await Bot.CallAsync("getUpdates", new { }, Stop)).Result;

        Assert.Equal("kicked", updates[0].GetProperty("my_chat_member").GetProperty("new_chat_member").GetProperty("status").GetString());
        Assert.Equal("member", updates[1].GetProperty("my_chat_member").GetProperty("new_chat_member").GetProperty("status").GetString());
        Assert.Equal("/start", updates[2].GetProperty("message").GetProperty("text").GetString());
    }

    [Fact]
    public async Task A_bot_can_leave_a_group_hears_of_that_and_may_write_there_no_more()
    {
        var group = await Telegram.Control.CreateGroupAsync("Friends", Stop);

        Assert.True((await Bot.CallAsync("leaveChat", new { chat_id = group.Id }, Stop)).Result.GetBoolean());

        Assert.Equal("Forbidden: bot is not a member of the group chat", (await Bot.SendAsync(group.Id, "x", Stop)).Error);
        var left = (await Bot.CallAsync("getUpdates", new { }, Stop)).Result.EnumerateArray().Last().GetProperty("my_chat_member");
        Assert.Equal("left", left.GetProperty("new_chat_member").GetProperty("status").GetString());
        Assert.True(left.GetProperty("from").GetProperty("is_bot").GetBoolean());
        Assert.Equal("Bad Request: chat member status can't be changed in private chats", (await Bot.CallAsync("leaveChat", new { chat_id = Ada.Id }, Stop)).Error);
    }

    [Fact]
    public async Task Only_own_messages_with_text_and_without_a_reply_keyboard_can_be_edited()
    {
        var users = await Ada.SendTextAsync("mine", Stop);
        var withKeyboard = await Bot.CallAsync("sendMessage", new { chat_id = Ada.Id, text = "x", reply_markup = new { keyboard = new[] { new[] { "A" } } } }, Stop);
        var withForcedReply = await Bot.CallAsync("sendMessage", new { chat_id = Ada.Id, text = "x", reply_markup = new { force_reply = true } }, Stop);

        Assert.Equal("Bad Request: message can't be edited", (await Bot.EditAsync(Ada.Id, users.MessageId, "y", Stop)).Error);
        Assert.Equal("Bad Request: message can't be edited", (await Bot.EditAsync(Ada.Id, withKeyboard.MessageId, "y", Stop)).Error);
        Assert.Equal("Bad Request: message can't be edited", (await Bot.EditAsync(Ada.Id, withForcedReply.MessageId, "y", Stop)).Error);
        Assert.Equal("Bad Request: message to edit not found", (await Bot.EditAsync(Ada.Id, 999, "y", Stop)).Error);
    }

    [Fact]
    public async Task A_message_that_the_user_deleted_is_gone_for_the_bot()
    {
        var sent = await Bot.SendAsync(Ada.Id, "x", Stop);
        await Ada.DeleteAsync(sent.MessageId, Stop);

        Assert.Equal("Bad Request: message to edit not found", (await Bot.EditAsync(Ada.Id, sent.MessageId, "y", Stop)).Error);
        Assert.Equal("Bad Request: message to delete not found", (await Bot.CallAsync("deleteMessage", new { chat_id = Ada.Id, message_id = sent.MessageId }, Stop)).Error);
        Assert.Empty(await Ada.GetMessagesAsync(Stop));
    }

    [Fact]
    public async Task A_reply_needs_its_target_unless_it_may_go_without()
    {
        var question = await Ada.SendTextAsync("?", Stop);
        var reply = await Bot.CallAsync("sendMessage", new { chat_id = Ada.Id, text = "x", reply_parameters = new { message_id = question.MessageId } }, Stop);
        await Ada.DeleteAsync(question.MessageId, Stop);
        var refused = await Bot.CallAsync("sendMessage", new { chat_id = Ada.Id, text = "x", reply_parameters = new { message_id = question.MessageId } }, Stop);
        var without = await Bot.CallAsync("sendMessage", new { chat_id = Ada.Id, text = "x", reply_parameters = new { message_id = question.MessageId, allow_sending_without_reply = true } }, Stop);

        Assert.Equal("?", reply.Result.GetProperty("reply_to_message").GetProperty("text").GetString());
        Assert.Equal("Bad Request: message to be replied not found", refused.Error);
        Assert.False(without.Result.TryGetProperty("reply_to_message", out _));
    }

    [Fact]
    public async Task A_topic_is_addressed_by_its_id_and_the_general_one_by_none()
    {
        var forum = await Telegram.Control.CreateForumAsync("Work", ["Plans"], Stop);
        var topic = Assert.Single(forum.Topics);
        await forum.SendAsync(new() { Text = "in the topic", ThreadId = topic.Id }, Stop);
        var update = (await Bot.CallAsync("getUpdates", new { allowed_updates = new[] { "message" } }, Stop)).Result.EnumerateArray().Last().GetProperty("message");

        Assert.Equal(topic.Id, update.GetProperty("message_thread_id").GetInt32());
        Assert.True(update.GetProperty("is_topic_message").GetBoolean());
        Assert.True((await Send(forum.Id, topic.Id)).Ok);
        Assert.True((await Bot.SendAsync(forum.Id, "general", Stop)).Ok);
        Assert.Equal("Bad Request: message thread not found", (await Send(forum.Id, 1)).Error);
        Assert.Equal("Bad Request: message thread not found", (await Send(Ada.Id, 5)).Error);
        await forum.RemoveTopicAsync(topic.Id, Stop);
        Assert.Equal("Bad Request: message thread not found", (await Send(forum.Id, topic.Id)).Error);

        Task<BotAnswer> Send(long chat, int thread) => Bot.CallAsync("sendMessage", new { chat_id = chat, text = "x", message_thread_id = thread }, Stop);
    }

    [Fact]
    public async Task An_upgraded_group_names_its_new_id()
    {
        var group = await Telegram.Control.CreateGroupAsync("Friends", Stop);
        var upgraded = await group.MigrateAsync(Stop);

        var refused = await Bot.SendAsync(group.Id, "x", Stop);
        var messages = (await Bot.CallAsync("getUpdates", new { }, Stop)).Result.EnumerateArray()
            .Where(update => update.TryGetProperty("message", out _)).Select(update => update.GetProperty("message")).ToList();

        Assert.Equal("Bad Request: group chat was upgraded to a supergroup chat", refused.Error);
        Assert.Equal(upgraded.Id, refused.Body.GetProperty("parameters").GetProperty("migrate_to_chat_id").GetInt64());
        Assert.Equal(upgraded.Id, messages[0].GetProperty("migrate_to_chat_id").GetInt64());
        Assert.Equal(group.Id, messages[1].GetProperty("migrate_from_chat_id").GetInt64());
        Assert.True((await Bot.SendAsync(upgraded.Id, "x", Stop)).Ok);
    }

    [Fact]
    public async Task Callback_data_is_at_most_64_bytes()
    {
        Assert.True((await SendButton(new string('x', 64))).Ok);
        Assert.Equal("Bad Request: BUTTON_DATA_INVALID", (await SendButton(new string('x', 65))).Error);
        Assert.Equal("Bad Request: BUTTON_DATA_INVALID", (await SendButton(new string('é', 33))).Error);
        Assert.Equal("Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard", (await SendButton("")).Error);

        Task<BotAnswer> SendButton(string data) => Bot.CallAsync(
            "sendMessage",
            new { chat_id = Ada.Id, text = "x", reply_markup = new { inline_keyboard = new[] { new[] { new { text = "A", callback_data = data } } } } },
            Stop);
    }

    [Theory]
    [InlineData("Help", "x", "BOT_COMMAND_INVALID")]
    [InlineData("", "x", "BOT_COMMAND_INVALID")]
    [InlineData("help", "", "BOT_COMMAND_DESCRIPTION_INVALID")]
    public async Task Commands_are_checked(string command, string description, string error)
    {
        var answer = await Bot.CallAsync("setMyCommands", new { commands = new[] { new { command, description } } }, Stop);

        Assert.Equal($"Bad Request: {error}", answer.Error);
    }

    [Fact]
    public async Task An_unknown_chat_action_is_refused()
    {
        Assert.Equal("Bad Request: wrong parameter action in request", (await Bot.CallAsync("sendChatAction", new { chat_id = Ada.Id, action = "dancing" }, Stop)).Error);
    }

    [Fact]
    public async Task Message_ids_of_private_chats_and_groups_come_from_one_sequence_those_of_supergroups_do_not()
    {
        var group = await Telegram.Control.CreateGroupAsync("Friends", Stop);
        var supergroup = await Telegram.Control.CreateSupergroupAsync("Many friends", Stop);

        Assert.Equal(1, (await Bot.SendAsync(Ada.Id, "x", Stop)).MessageId);
        Assert.Equal(2, (await Bot.SendAsync(group.Id, "x", Stop)).MessageId);
        Assert.Equal(2, (await Bot.SendAsync(supergroup.Id, "x", Stop)).MessageId);
    }
}
