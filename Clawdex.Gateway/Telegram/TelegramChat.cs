using System.Diagnostics;
using Clawdex.Gateway.Markdown;
using Clawdex.Gateway.Telegram.Buttons;
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
    ITelegramBotClient bot,
    ChatBudgets budgets,
    ChatIds ids,
    ChatMigrations migrations,
    ButtonSigner signer,
    IOptions<TelegramOptions> options,
    TimeProvider time,
    ILogger<TelegramChat> logger)
    : IDisposable
{
    /// <summary>Calls that are under way at once. Each has a connection: one that waits has not left yet, and its time has not begun.</summary>
    public const int MostCalls = 60;

    /// <summary>How long a chat is left alone after a call that did not get through.</summary>
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _calls = new(MostCalls);
    private readonly Outage _outage = new(time);

    private volatile bool _knowsNoRich;

    /// <summary>Whether an edit may make a message rich.</summary>
    /// <param name="choice">Of the conversation; null = as configured.</param>
    public bool ShowsRich(bool? choice) => (choice ?? options.Value.RichMessages) && !_knowsNoRich;

    /// <summary>How long nothing that was written has got through; null = the last send or edit was answered.</summary>
    public TimeSpan? AwayFor => _outage.Duration;

    public ChatBudget BudgetOf(Conversation place) => budgets.For(ids.Current(place).ChatId);

    /// <param name="isSilent">Whoever is to read it has been rung for already.</param>
    public Task<CallOutcome> SendAsync(
        Conversation place, MessageText text, int? replyTo, IReadOnlyList<Button> buttons, bool isSilent, CallPriority priority, CancellationToken cancellationToken) =>
        WriteAsync("send", place, text with { Rich = null }, priority, async (to, wording, cancel) =>
        {
            var message = await bot.SendMessage(
                to.ChatId,
                wording.Text,
                wording.Mode,
                replyParameters: replyTo is { } id ? new ReplyParameters { MessageId = id, AllowSendingWithoutReply = true } : null,
                replyMarkup: Keyboard(to, buttons),
                linkPreviewOptions: new LinkPreviewOptions { IsDisabled = true },
                messageThreadId: to.ThreadId,
                disableNotification: isSilent,
                cancellationToken: cancel);
            return message.Id;
        }, cancellationToken);

    public Task<CallOutcome> EditAsync(
        Conversation place, int messageId, MessageText text, IReadOnlyList<Button> buttons, CallPriority priority, CancellationToken cancellationToken) =>
        WriteAsync("edit", place, text, priority, async (to, wording, cancel) =>
        {
            await bot.EditMessageText(
                to.ChatId,
                messageId,
                wording.IsRich ? null : wording.Text,
                wording.Mode,
                replyMarkup: Keyboard(to, buttons),
                linkPreviewOptions: wording.IsRich ? null : new LinkPreviewOptions { IsDisabled = true },
                // What looks like an address to Telegram may be none that it takes (wire-formats A7).
                richMessage: wording.IsRich ? new InputRichMessage { Html = wording.Text, SkipEntityDetection = true } : null,
                cancellationToken: cancel);
            return messageId;
        }, cancellationToken);

    /// <summary>Shows "typing…" for about 5 seconds. Best effort: nothing depends on it.</summary>
    public Task ShowTypingAsync(Conversation place, CancellationToken cancellationToken)
    {
        var to = ids.Current(place);
        return BudgetOf(place).BlockedFor > TimeSpan.Zero
            ? Task.CompletedTask
            : TryAsync(cancel => bot.SendChatAction(to.ChatId, ChatAction.Typing, messageThreadId: to.ThreadId, cancellationToken: cancel), cancellationToken);
    }

    /// <summary>Removes one of the bot's own messages.</summary>
    public Task<CallOutcome> DeleteAsync(Conversation place, int messageId, CancellationToken cancellationToken) =>
        FreeAsync("delete", place, async (to, _, cancel) =>
        {
            await bot.DeleteMessage(to.ChatId, messageId, cancel);
            return messageId;
        }, cancellationToken);

    /// <summary>
    /// Puts <paramref name="buttons"/> below a message of which only the number is known. Telegram does that for the bot's own
    /// messages alone, and shows them in its answer; for any other number it says <see cref="SendResult.MessageGone"/>.
    /// </summary>
    /// <returns>The message; null when it had these buttons already, or when the status says why not.</returns>
    public async Task<(CallOutcome Outcome, OwnMessage? Message)> SetButtonsAsync(
        Conversation place, int messageId, IReadOnlyList<Button> buttons, CancellationToken cancellationToken)
    {
        OwnMessage? found = null;
        var outcome = await FreeAsync("edit-buttons", place, async (to, _, cancel) =>
        {
            var message = await bot.EditMessageReplyMarkup(to.ChatId, messageId, Keyboard(to, buttons), cancellationToken: cancel);
            // In a topic, each message that replies to nothing is a reply to the topic's first service message.
            var thread = message.IsTopicMessage ? message.MessageThreadId : null;
            var replyTo = message.ReplyToMessage?.Id is { } id && id != thread ? id : (int?)null;
            found = new OwnMessage(message.Id, message.Text ?? "", replyTo, thread);
            return message.Id;
        }, cancellationToken);
        if (outcome.Status is SendResult.Shown)
            BudgetOf(place).Pay();
        return (outcome, found);
    }

    /// <summary>Ends the spinner on a button. Best effort: Telegram forgets presses quickly.</summary>
    public Task AnswerPressAsync(string callbackId, string text, CancellationToken cancellationToken) =>
        TryAsync(cancel => bot.AnswerCallbackQuery(callbackId, text, cancellationToken: cancel), cancellationToken);

    /// <summary>Leaves a group or a channel. Best effort: a bot that stays answers nobody there whom it does not serve.</summary>
    public Task LeaveAsync(Conversation place, CancellationToken cancellationToken) =>
        TryAsync(cancel => bot.LeaveChat(ids.Current(place).ChatId, cancellationToken: cancel), cancellationToken);

    public void Dispose() => _calls.Dispose();

    private async Task TryAsync(Func<CancellationToken, Task> call, CancellationToken cancellationToken)
    {
        try
        {
            await CallAsync(async cancel =>
            {
                await call(cancel);
                return true;
            }, cancellationToken);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            logger.MinorCallFailed(BotApiFailure.Of(error).Kind);
        }
    }

    private delegate Task<int> Write(Conversation place, Wording wording, CancellationToken cancellationToken);

    /// <summary>A message's text in one of its forms.</summary>
    private readonly record struct Wording(string Text, ParseMode Mode = ParseMode.None, bool IsRich = false);

    private async Task<CallOutcome> WriteAsync(
        string verb, Conversation place, MessageText text, CallPriority priority, Write write, CancellationToken cancellationToken)
    {
        if (!BudgetOf(place).TryTake(priority))
            return new CallOutcome(SendResult.Later);

        using var span = GatewayTelemetry.Source.StartActivity($"telegram {verb}", ActivityKind.Client);
        var html = new Wording(text.Html, ParseMode.Html);
        var first = text.Rich is { } rich && !_knowsNoRich ? new Wording(rich, IsRich: true) : html;
        var attempt = await AttemptAsync(place, first, write, cancellationToken);
        if (attempt.Failure is { Kind: BotApiFailureKind.Migrated, MigratedTo: var newChatId })
        {
            await migrations.MoveAsync(place.ChatId, newChatId, cancellationToken);
            attempt = await AttemptAsync(place, first, write, cancellationToken);
        }

        if (first.IsRich && attempt.Failure is { } notRich && (notRich.Kind is BotApiFailureKind.Refused || notRich.IsUnknownMethod))
        {
            _knowsNoRich |= notRich.IsUnknownMethod;
            logger.RefusedRich(notRich.Code, _knowsNoRich);
            attempt = await AttemptAsync(place, html, write, cancellationToken);
        }

        // Whatever it says: it has many reasons, and most of them are about markup.
        if (attempt.Failure is { Kind: BotApiFailureKind.Refused } refused)
        {
            logger.RefusedWithMarkup(verb, refused.Code);
            span?.AddEvent(new ActivityEvent("clawdex.markup_rejected"));
            attempt = await AttemptAsync(place, new Wording(text.Plain), write, cancellationToken);
        }

        if (attempt.Failure is { Kind: BotApiFailureKind.NotSent or BotApiFailureKind.Unknown or BotApiFailureKind.Unauthorized })
            _outage.Begin();
        else
            _outage.End();
        var outcome = attempt.Failure is { } failure ? Settle(verb, place, failure) with { Failure = failure.Kind } : new CallOutcome(SendResult.Shown, attempt.MessageId);
        span?.SetTag("clawdex.outcome", outcome.Status.ToString()).SetTag("clawdex.priority", priority.ToString());
        if (span is not null && attempt.Failure is { Kind: not BotApiFailureKind.NotModified } failed)
            failed.Describe(span);
        return outcome;
    }

    /// <summary>A call that is made whatever the budget says, unless a 429 has closed the chat.</summary>
    private async Task<CallOutcome> FreeAsync(string verb, Conversation place, Write write, CancellationToken cancellationToken)
    {
        if (BudgetOf(place).BlockedFor > TimeSpan.Zero)
            return new CallOutcome(SendResult.Later);
        var attempt = await AttemptAsync(place, new Wording(""), write, cancellationToken);
        return attempt.Failure is { } failure
            ? Settle(verb, place, failure) with { Failure = failure.Kind }
            : new CallOutcome(SendResult.Shown, attempt.MessageId);
    }

    private async Task<(int MessageId, BotApiFailure? Failure)> AttemptAsync(
        Conversation place, Wording wording, Write write, CancellationToken cancellationToken)
    {
        try
        {
            return (await CallAsync(cancel => write(ids.Current(place), wording, cancel), cancellationToken), null);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            return (0, BotApiFailure.Of(error));
        }
    }

    /// <summary>One call, as soon as there is a connection for it.</summary>
    private async Task<T> CallAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        await _calls.WaitAsync(cancellationToken);
        try
        {
            using var timeout = new CancellationTokenSource(BotConnection.CallTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
            return await call(either.Token);
        }
        finally
        {
            _calls.Release();
        }
    }

    /// <summary>What a failure means to the caller, and to the chat's budget.</summary>
    private CallOutcome Settle(string verb, Conversation place, BotApiFailure failure)
    {
        var budget = BudgetOf(place);
        switch (failure.Kind)
        {
            case BotApiFailureKind.NotModified:
            case BotApiFailureKind.Taken when verb != "send":
                return new CallOutcome(SendResult.Shown);
            case BotApiFailureKind.TooManyRequests:
                GatewayTelemetry.TooManyRequests.Add(1);
                logger.TooManyRequests(verb, failure.RetryAfter.TotalSeconds);
                budget.Refused(failure.RetryAfter);
                return new CallOutcome(SendResult.Later);
            case BotApiFailureKind.Unknown or BotApiFailureKind.Taken when verb == "send":
                logger.SendOutcomeUnknown(failure.Code);
                budget.Block(AfterFailure);
                return new CallOutcome(SendResult.Unknown);
            // A bot that is unknown for good is found out by who reads its updates; until then, it may be a proxy's page.
            case BotApiFailureKind.NotSent or BotApiFailureKind.Unknown or BotApiFailureKind.Unauthorized:
                budget.Block(AfterFailure);
                return new CallOutcome(SendResult.Later);
            case BotApiFailureKind.MessageGone:
                return new CallOutcome(SendResult.MessageGone);
            case BotApiFailureKind.ChatGone:
                logger.ChatGone(failure.Code);
                return new CallOutcome(SendResult.ChatGone);
            default:
                logger.CallRefused(verb, failure.Code, failure.Kind);
                return new CallOutcome(SendResult.Refused);
        }
    }

    private InlineKeyboardMarkup? Keyboard(Conversation to, IReadOnlyList<Button> buttons) => buttons.Count == 0
        ? null
        : new InlineKeyboardMarkup(buttons.Select(button => new[] { InlineKeyboardButton.WithCallbackData(button.Label, signer.DataOf(to, button)) }));
}
