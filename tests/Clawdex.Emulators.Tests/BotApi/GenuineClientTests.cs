using Clawdex.TelegramEmulator;
using Clawdex.TelegramEmulator.Control;
using Telegram.Bot;
using Telegram.Bot.Exceptions;
using Telegram.Bot.Types;
using Telegram.Bot.Types.Enums;
using Telegram.Bot.Types.ReplyMarkups;

namespace Clawdex.Emulators.Tests.BotApi;

/// <summary>The genuine Telegram.Bot client talks to the emulator as to Telegram.</summary>
public sealed class GenuineClientTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private TelegramEmulatorHost _telegram = null!;
    private TelegramBotClient _bot = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _telegram = await TelegramEmulatorHost.StartAsync(Stop);
        _bot = new(new TelegramBotClientOptions(_telegram.Token, _telegram.BaseAddress.ToString().TrimEnd('/')) { RetryCount = 1 });
    }

    public ValueTask DisposeAsync() => _telegram.DisposeAsync();

    [Fact]
    public async Task A_message_goes_in_and_a_growing_answer_comes_out()
    {
        var me = await _bot.GetMe(Stop);
        var ada = await _telegram.Control.CreatePrivateChatAsync("Ada", Stop);
        await ada.SendTextAsync("/start hello", Stop);

        var update = Assert.Single(await _bot.GetUpdates(timeout: 5, cancellationToken: Stop));
        var message = update.Message!;
        Assert.Equal((UpdateType.Message, "/start hello", ada.Id, ChatType.Private), (update.Type, message.Text, message.Chat.Id, message.Chat.Type));
        Assert.Equal(MessageEntityType.BotCommand, Assert.Single(message.Entities!).Type);

        await _bot.SendChatAction(ada.Id, ChatAction.Typing, cancellationToken: Stop);
        var answer = await _bot.SendMessage(ada.Id, "Hello", cancellationToken: Stop);
        await _bot.EditMessageText(ada.Id, answer.Id, "Hello <b>world</b>", ParseMode.Html, cancellationToken: Stop);

        var shown = await ada.WaitForBotMessageAsync(m => m.Text == "Hello world", Patience, Stop);
        Assert.Equal((me.Id, 1, "bold"), (shown.From.Id, shown.Edits, Assert.Single(shown.Entities).Type));
        var timeline = await ada.GetTimelineAsync(Stop);
        Assert.Equal(
            [TimelineKind.Chat, TimelineKind.UserMessage, TimelineKind.ChatAction, TimelineKind.Send, TimelineKind.Edit],
            timeline.Select(entry => entry.Kind));
        Assert.Empty(await _bot.GetUpdates(update.Id + 1, cancellationToken: Stop));
    }

    [Fact]
    public async Task A_pressed_button_becomes_a_callback_query_that_is_answered()
    {
        var ada = await _telegram.Control.CreatePrivateChatAsync("Ada", Stop);
        var sent = await _bot.SendMessage(ada.Id, "Choose", replyMarkup: new InlineKeyboardMarkup(InlineKeyboardButton.WithCallbackData("One", "1")), cancellationToken: Stop);
        await ada.PressAsync(sent.Id, "1", Stop);

        var query = Assert.Single(await _bot.GetUpdates(timeout: 5, cancellationToken: Stop)).CallbackQuery!;
        Assert.Equal(("1", sent.Id), (query.Data, query.Message!.Id));
        await _bot.AnswerCallbackQuery(query.Id, "Done", cancellationToken: Stop);
        await _bot.EditMessageReplyMarkup(ada.Id, sent.Id, cancellationToken: Stop);

        var error = await Assert.ThrowsAsync<ApiRequestException>(() => _bot.AnswerCallbackQuery(query.Id, cancellationToken: Stop));
        Assert.Equal("Bad Request: query is too old and response timeout expired or query ID is invalid", error.Message);
        Assert.Null(Assert.Single(await ada.GetMessagesAsync(Stop)).Keyboard);
    }

    [Fact]
    public async Task Commands_are_stored_by_scope()
    {
        await _bot.SetMyCommands([new BotCommand("help", "List commands")], cancellationToken: Stop);
        await _bot.SetMyCommands([new BotCommand("stop", "Stop")], new BotCommandScopeAllGroupChats(), cancellationToken: Stop);

        Assert.Equal("help", Assert.Single(await _bot.GetMyCommands(cancellationToken: Stop)).Command);
        Assert.Equal("stop", Assert.Single(await _bot.GetMyCommands(new BotCommandScopeAllGroupChats(), cancellationToken: Stop)).Command);
        await _bot.DeleteMyCommands(cancellationToken: Stop);
        Assert.Empty(await _bot.GetMyCommands(cancellationToken: Stop));
    }

    [Fact]
    public async Task A_wrong_token_is_401_and_an_unknown_chat_400()
    {
        var stranger = new TelegramBotClient(new TelegramBotClientOptions("2:wrong", _telegram.BaseAddress.ToString().TrimEnd('/')));

        Assert.Equal(401, (await Assert.ThrowsAsync<ApiRequestException>(() => stranger.GetMe(Stop))).ErrorCode);
        var error = await Assert.ThrowsAsync<ApiRequestException>(() => _bot.SendMessage(77, "hi", cancellationToken: Stop));
        Assert.Equal((400, "Bad Request: chat not found"), (error.ErrorCode, error.Message));
    }
}
