using System.Diagnostics;
using Clawdex.Gateway.Markdown;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Telegram.Limits;
using Microsoft.Extensions.Options;
using Telegram.Bot;
using Telegram.Bot.Types;
using Telegram.Bot.Types.Enums;
using Telegram.Bot.Types.ReplyMarkups;

namespace Clawdex.Gateway.Telegram;

/// <summary>
/// The only class that writes to Telegram. Pays each send and edit from the chat's budget, and turns whatever goes wrong into
/// a <see cref="CallOutcome"/>: a rich message that Telegram refuses is tried once more as an ordinary one, and that as plain
/// text; a migrated chat is followed.
/// </summary>
internal sealed class TelegramChat(
    ITelegramBotClient bot, ChatBudgets budgets, ChatIds ids, HistoryClient histories, ButtonSigner signer, IOptions<TelegramOptions> options,
    TimeProvider time, ILogger<TelegramChat> logger)
    : IDisposable
{
    /// <summary>Calls that are under way at once. Each has a connection: one that waits has not left yet, and its time has not begun.</summary>
    public const int MostCalls = 60;

    /// <summary>How long a chat is left alone after a call that did not get through.</summary>
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _calls = new(MostCalls);
    private readonly Outage _outage = new(time, Outage.NobodyTriesAfter);
    private volatile bool _knowsNoRich;

    /// <summary>Whether an edit may make a message rich.</summary>
    /// <param name="choice">Of the conversation; null = as configured.</param>
    public bool ShowsRich(bool? choice) => (choice ?? options.Value.RichMessages) && !_knowsNoRich;

    /// <summary>How long nothing that was written has got through; null = the last send or edit was answered, or nobody has tried since a minute.</summary>
    public TimeSpan? AwayFor => _outage.Duration;

    /// <summary>Asked anew for each attempt, because the chat may have migrated.</summary>
    public long ChatIdOf(Conversation place) => ids.Current(place).ChatId;

    public ChatBudget BudgetOf(Conversation place) => budgets.For(ChatIdOf(place));

    /// <param name="isSilent">Whoever is to read it has been rung for already.</param>
    public async Task<CallOutcome> SendAsync(
        Conversation place, MessageText text, int? replyTo, IReadOnlyList<Button> buttons, bool isSilent, CallPriority priority, CancellationToken cancellationToken)
    {
        var messageId = 0;
        var outcome = await WriteAsync("send", place, text with { Rich = null }, priority, async (wording, cancel) =>
        {
            var message = await bot.SendMessage(
                ChatIdOf(place),
                wording.Text,
                wording.Mode,
                replyParameters: replyTo is { } id ? new ReplyParameters { MessageId = id, AllowSendingWithoutReply = true } : null,
                replyMarkup: Keyboard(place, buttons),
                linkPreviewOptions: new LinkPreviewOptions { IsDisabled = true },
                messageThreadId: place.ThreadId,
                disableNotification: isSilent,
                cancellationToken: cancel);
            messageId = message.Id;
        }, cancellationToken);
        return outcome with { MessageId = messageId };
    }

    public Task<CallOutcome> EditAsync(
        Conversation place, int messageId, MessageText text, IReadOnlyList<Button> buttons, CallPriority priority, CancellationToken cancellationToken) =>
        WriteAsync("edit", place, text, priority, (wording, cancel) => bot.EditMessageText(
            ChatIdOf(place),
            messageId,
            wording.IsRich ? null : wording.Text,
            wording.Mode,
            replyMarkup: Keyboard(place, buttons),
            linkPreviewOptions: wording.IsRich ? null : new LinkPreviewOptions { IsDisabled = true },
            // What looks like an address to Telegram may be none that it takes (wire-formats A7).
            richMessage: wording.IsRich ? new InputRichMessage { Html = wording.Text, SkipEntityDetection = true } : null,
            cancellationToken: cancel), cancellationToken);

    /// <summary>Shows "typing…" for about 5 seconds. Best effort: nothing depends on it.</summary>
    public Task ShowTypingAsync(Conversation place, CancellationToken cancellationToken) =>
        BudgetOf(place).BlockedFor > TimeSpan.Zero
            ? Task.CompletedTask
            : TryAsync(cancel => bot.SendChatAction(ChatIdOf(place), ChatAction.Typing, messageThreadId: place.ThreadId, cancellationToken: cancel), cancellationToken);

    /// <summary>Removes one of the bot's own messages.</summary>
    public Task<CallOutcome> DeleteAsync(Conversation place, int messageId, CancellationToken cancellationToken) =>
        FreeAsync("delete", place, cancel => bot.DeleteMessage(ChatIdOf(place), messageId, cancel), cancellationToken);

    /// <summary>
    /// Puts <paramref name="buttons"/> below a message of which only the number is known. Telegram does that for the bot's own
    /// messages alone, and shows them in its answer; for any other number it says <see cref="SendResult.MessageGone"/>.
    /// </summary>
    /// <returns>The message; null when it had these buttons already, or when the status says why not.</returns>
    public async Task<(CallOutcome Outcome, OwnMessage? Message)> SetButtonsAsync(
        Conversation place, int messageId, IReadOnlyList<Button> buttons, CancellationToken cancellationToken)
    {
        OwnMessage? found = null;
        var outcome = await FreeAsync("edit-buttons", place, async cancel =>
        {
            var message = await bot.EditMessageReplyMarkup(ChatIdOf(place), messageId, Keyboard(place, buttons), cancellationToken: cancel);
            // In a topic, each message that replies to nothing is a reply to the topic's first service message.
            var thread = message.IsTopicMessage ? message.MessageThreadId : null;
            var replyTo = message.ReplyToMessage?.Id is { } id && id != thread ? id : (int?)null;
            found = new OwnMessage(message.Text ?? "", replyTo, thread);
        }, cancellationToken);
        if (outcome.Status is SendResult.Shown)
            BudgetOf(place).Pay();
        return (outcome, found);
    }

    /// <summary>Whether Telegram answers at all, and takes calls for the chat. Else its silence to one call says nothing of that call.</summary>
    public async Task<bool> AnswersAsync(Conversation place, CancellationToken cancellationToken) =>
        (await FreeAsync("ask", place, cancel => bot.GetMe(cancel), cancellationToken)).Status is not SendResult.Later;

    /// <summary>Ends the spinner on a button. Best effort: Telegram forgets presses quickly.</summary>
    public Task AnswerPressAsync(string callbackId, string text, CancellationToken cancellationToken) =>
        TryAsync(cancel => bot.AnswerCallbackQuery(callbackId, text, cancellationToken: cancel), cancellationToken);

    /// <summary>Leaves a group or a channel. Best effort: a bot that stays answers nobody there whom it does not serve.</summary>
    public Task LeaveAsync(Conversation place, CancellationToken cancellationToken) =>
        TryAsync(cancel => bot.LeaveChat(ChatIdOf(place), cancellationToken: cancel), cancellationToken);

    /// <summary>Registers the bot's menu of commands. Best effort: without it every command works just the same.</summary>
    public Task ShowMenuAsync(IEnumerable<(string Name, string Description)> commands, CancellationToken cancellationToken) =>
        TryAsync(cancel => bot.SetMyCommands(commands.Select(command => new BotCommand(command.Name, command.Description)), cancellationToken: cancel), cancellationToken);

    public void Dispose() => _calls.Dispose();

    private async Task TryAsync(Func<CancellationToken, Task> call, CancellationToken cancellationToken)
    {
        if (await CallAsync(call, cancellationToken) is { } failure)
            logger.MinorCallFailed(failure.Kind);
    }

    private async Task<CallOutcome> WriteAsync(
        string verb, Conversation place, MessageText text, CallPriority priority, Func<(string Text, ParseMode Mode, bool IsRich), CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        if (!BudgetOf(place).TryTake(priority))
            return new CallOutcome(SendResult.Later);

        using var span = GatewayTelemetry.Source.StartActivity($"telegram {verb}", ActivityKind.Client);
        (string Text, ParseMode Mode, bool IsRich) html = (text.Html, ParseMode.Html, false);
        (string Text, ParseMode Mode, bool IsRich) first = text.Rich is { } rich && !_knowsNoRich ? (rich, ParseMode.None, true) : html;
        var failure = await CallAsync(cancel => write(first, cancel), cancellationToken);
        if (failure is { Kind: BotApiFailureKind.Migrated })
        {
            await histories.MoveAsync(place.ChatId, failure.MigratedTo, cancellationToken);
            // There, another message has the number of the one to be edited, or none.
            failure = verb == "send" ? await CallAsync(cancel => write(first, cancel), cancellationToken) : failure;
        }

        if (first.IsRich && failure is not null && (failure.Kind is BotApiFailureKind.Refused || failure.IsUnknownMethod))
        {
            _knowsNoRich |= failure.IsUnknownMethod;
            logger.RefusedRich(failure.Code, _knowsNoRich);
            failure = await CallAsync(cancel => write(html, cancel), cancellationToken);
        }

        // Whatever it says: it has many reasons, and most of them are about markup.
        if (failure is { Kind: BotApiFailureKind.Refused })
        {
            logger.RefusedWithMarkup(verb, failure.Code);
            span?.AddEvent(new ActivityEvent("clawdex.markup_rejected"));
            failure = await CallAsync(cancel => write((text.Plain, ParseMode.None, false), cancel), cancellationToken);
        }

        if (failure is not { Kind: BotApiFailureKind.NotSent or BotApiFailureKind.Unknown or BotApiFailureKind.Unauthorized })
            _outage.End();
        var outcome = OutcomeOf(verb, place, failure);
        span?.SetTag("clawdex.outcome", outcome.Status.ToString()).SetTag("clawdex.priority", priority.ToString());
        failure?.Describe(span);
        return outcome;
    }

    /// <summary>A call that is made whatever the budget says, unless a 429 has closed the chat.</summary>
    private async Task<CallOutcome> FreeAsync(string verb, Conversation place, Func<CancellationToken, Task> call, CancellationToken cancellationToken) =>
        BudgetOf(place).BlockedFor > TimeSpan.Zero
            ? new CallOutcome(SendResult.Later)
            : OutcomeOf(verb, place, await CallAsync(call, cancellationToken));

    /// <summary>One call, as soon as there is a connection for it.</summary>
    /// <returns>What went wrong; null = nothing.</returns>
    private async Task<BotApiFailure?> CallAsync(Func<CancellationToken, Task> call, CancellationToken cancellationToken)
    {
        await _calls.WaitAsync(cancellationToken);
        try
        {
            using var timeout = new CancellationTokenSource(BotConnection.CallTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
            await call(either.Token);
            return null;
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            return BotApiFailure.Of(error);
        }
        finally
        {
            _calls.Release();
        }
    }

    private CallOutcome OutcomeOf(string verb, Conversation place, BotApiFailure? failure) =>
        failure is null ? new CallOutcome(SendResult.Shown) : new CallOutcome(Settle(verb, place, failure), Failure: failure.Kind);

    /// <summary>What a failure means to the caller, and to the chat's budget.</summary>
    private SendResult Settle(string verb, Conversation place, BotApiFailure failure)
    {
        var budget = BudgetOf(place);
        // Whatever it is that fails: a search for a lost message makes other calls than sends, and may make them for long.
        if (failure.Kind is BotApiFailureKind.NotSent or BotApiFailureKind.Unknown or BotApiFailureKind.Unauthorized)
            _outage.Begin();
        switch (failure.Kind)
        {
            case BotApiFailureKind.NotModified:
            case BotApiFailureKind.Taken when verb != "send":
                return SendResult.Shown;
            case BotApiFailureKind.TooManyRequests:
                GatewayTelemetry.TooManyRequests.Add(1);
                logger.TooManyRequests(verb, failure.RetryAfter.TotalSeconds);
                budget.Refused(failure.RetryAfter);
                return SendResult.Later;
            case BotApiFailureKind.Unknown or BotApiFailureKind.Taken when verb == "send":
                logger.SendOutcomeUnknown(failure.Code);
                budget.Block(AfterFailure);
                return SendResult.Unknown;
            // A bot that is unknown for good is found out by who reads its updates; until then, it may be a proxy's page.
            case BotApiFailureKind.NotSent or BotApiFailureKind.Unknown or BotApiFailureKind.Unauthorized:
                budget.Block(AfterFailure);
                return SendResult.Later;
            case BotApiFailureKind.MessageGone:
            case BotApiFailureKind.Migrated when verb == "edit":
                return SendResult.MessageGone;
            case BotApiFailureKind.ChatGone:
                logger.ChatGone(failure.Code);
                return SendResult.ChatGone;
            default:
                logger.CallRefused(verb, failure.Code, failure.Kind);
                return SendResult.Refused;
        }
    }

    private InlineKeyboardMarkup? Keyboard(Conversation place, IReadOnlyList<Button> buttons) => buttons.Count == 0
        ? null
        : new InlineKeyboardMarkup(buttons.Select(button => new[] { InlineKeyboardButton.WithCallbackData(button.Label, signer.DataOf(place, button)) }));
}
