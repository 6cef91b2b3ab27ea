using Clawdex.Gateway.Access;
using Clawdex.Gateway.Commands;
using Clawdex.Gateway.Commands.History;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Telegram;
using Clawdex.Gateway.Turns;
using Clawdex.Gateway.Turns.Budgets;

namespace Clawdex.Gateway.Updates;

/// <summary>
/// Sends what happened to where it belongs: a known command to Commands, everything else that was written to Turns. Returns
/// when the update may be confirmed to Telegram: a message is stored then, and nothing of it waits for a model or a send.
/// </summary>
internal sealed class MessageRouter(
    Admissions admissions,
    ChatQueues queues,
    CommandTable commands,
    ButtonPresses presses,
    EditedQuestions edited,
    SessionClient sessions,
    TurnClient turns,
    RunningReplies running,
    TelegramChat chat,
    Notices own,
    HistoryClient histories,
    People people,
    Strangers strangers,
    WaitingNotices notices,
    BudgetPolicy budgets,
    BudgetNotices budgetNotices,
    TimeProvider time,
    ILogger<MessageRouter> logger)
{
    // All parts of an album are one thing to a user.
    private readonly RecentMap<string, bool> _albums = new(100);

    /// <returns>False = a message that could not be stored: it must not be confirmed, so that it comes again.</returns>
    public async Task<bool> RouteAsync(InboundEvent update, Admission admission, BotIdentity bot, CancellationToken cancellationToken)
    {
        switch (update)
        {
            case InboundMessage claiming when admission is Admission.Claim:
                await strangers.ClaimAsync(claiming, cancellationToken);
                break;
            case var refused when admission is Admission.Refuse:
                strangers.Refuse(refused);
                break;
            case var aside when admission is Admission.Aside:
                strangers.TakeAside(aside);
                break;
            case InboundMessage message when admissions.Concerns(message, bot):
                return await RouteAsync(message, cancellationToken);
            case InboundEdit edit when admissions.Concerns(edit.Message, bot) && CommandLine.Of(edit.Message) is null:
                await edited.TakeInAsync(edit, Asker.Of(edit, people), cancellationToken);
                break;
            case InboundMedia media when IsNew(media):
                Say(media, UserTexts.TextOnly, media.MessageId);
                break;
            case ButtonPress press:
                if (!queues.TryEnqueue(press.Conversation, Lane.Express, press.Update, cancel => presses.RunAsync(press, cancel)))
                    queues.TryEnqueue(press.Conversation, Lane.Spare, press.Update, cancel => chat.AnswerPressAsync(press.CallbackId, UserTexts.PressAgain, cancel));
                break;
            case ChatMigration migration:
                await histories.MoveAsync(migration.Conversation.ChatId, migration.NewConversation.ChatId, cancellationToken);
                break;
            case BotRemoved removed:
                running.StopChat(removed.Conversation.ChatId);
                break;
        }

        return true;
    }

    private bool IsNew(InboundMedia media) => media.AlbumId is not { } album || _albums.TryAdd(album, true);

    private async Task<bool> RouteAsync(InboundMessage message, CancellationToken cancellationToken)
    {
        if (CommandLine.Of(message) is not { } line)
            return await AcceptAsync(await WithoutLastAnswerAsync(message, cancellationToken), cancellationToken);
        if (!commands.TryFind(line.Name, out var command))
            Say(message, UserTexts.UnknownCommand(line.Name), message.MessageId);
        else if (DenialOf(command, message) is { } denial)
            Say(message, denial, message.MessageId);
        else
            await CommandAsync(message, command, CallOf(message, line), cancellationToken);
        return true;
    }

    // Right above the question, the model reads the last answer anyway.
    private async Task<InboundMessage> WithoutLastAnswerAsync(InboundMessage message, CancellationToken cancellationToken)
    {
        if (message.AnswerId is not { } id)
            return message;
        try
        {
            var last = await turns.FindLastQuestionAsync(message.Conversation, TimeSpan.Zero, cancellationToken);
            return last is { State: TurnState.Delivered } && last.ReplyMessageIds.Contains(id) ? message with { About = null } : message;
        }
        catch (SessionException)
        {
            // Storing the message meets the same, and tells the chat.
            return message;
        }
    }

    private CommandCall CallOf(InboundMessage message, CommandLine line) =>
        new(message.Conversation, line.Argument, message.SourceId, message.MessageId, Asker.Of(message, people)) { Update = message.Update };

    /// <summary>Why the sender may not use a command; null = he may.</summary>
    private string? DenialOf(Command command, InboundMessage message) => command.Right switch
    {
        _ when people.IsOwner(message.UserId) => null,
        CommandRight.Owner => UserTexts.OwnersOnly,
        CommandRight.OwnerInGroups when message.Conversation.IsGroup => UserTexts.OwnersOnlyHere,
        _ => null,
    };

    private async Task<bool> AcceptAsync(InboundMessage message, CancellationToken cancellationToken)
    {
        var waiting = queues.WaitingIn(message.Conversation);
        if (waiting >= (message.IsBacklog ? ChatQueues.CapacityForBacklog : ChatQueues.Capacity) && !message.IsSuperseded)
        {
            SayBusy(message, waiting);
            return true;
        }

        var receivedAt = time.GetTimestamp();
        using var span = GatewayTelemetry.Source.StartActivity("accept");
        try
        {
            var asker = Asker.Of(message, people);
            var accepted = await StoreAsync(message, asker, cancellationToken);
            span?.SetTag("clawdex.duplicate", accepted.Duplicate);
            budgetNotices.Report(asker, accepted, message.Conversation, message.MessageId, message.Update);
            if (sessions.IsShared)
                TakeNoticesAway();
            if (message.IsSuperseded && accepted.Turn is { IsElsewhere: false } superseded)
                await sessions.FailAsync(superseded.Id, "superseded", TurnState.Cancelled, new Spent(Tokens: 0), cancellationToken);
            else if (!Enqueue(message, accepted.Turn, receivedAt))
                // Stored before the chat was told otherwise: its answer is, or was, under way in a message of its own.
                await notices.RemoveAsync(message.Conversation, cancellationToken);
        }
        catch (SessionException error)
        {
            span?.Failed(error.Failure.ToString());
            if (error.Failure is SessionFailure.Away or SessionFailure.Full)
            {
                await TellOutageAsync(message, error.Failure, cancellationToken);
                return false;
            }

            logger.UpdateFailed(message.UpdateId, error);
            if (error.Failure is SessionFailure.Broken)
                notices.BeginOutage();
            Say(message, UserTexts.Failure(error.Failure, message.Update?.Reference ?? ""), message.MessageId);
        }

        return true;
    }

    /// <summary>Stores a message. When that takes long, its chat is told meanwhile that it waits.</summary>
    private async Task<AcceptedMessage> StoreAsync(InboundMessage message, Asker asker, CancellationToken cancellationToken)
    {
        var accepting = turns.AcceptAsync(
            message.Conversation,
            message.SourceId,
            message.Prompt,
            message.MessageId,
            GatewayTelemetry.TraceParent(message.Update?.Context ?? default),
            budgets.ForMessage(asker),
            notices.Patience,
            cancellationToken);
        await ((Task)accepting).WaitAsync(notices.Patience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!accepting.IsCompleted)
            await TellOutageAsync(message, SessionFailure.Away, cancellationToken);
        var accepted = await accepting;
        notices.EndOutage();
        return accepted;
    }

    private async Task TellOutageAsync(InboundMessage message, SessionFailure failure, CancellationToken cancellationToken)
    {
        notices.BeginOutage();
        // Where an answer is still to come, something is under way already.
        if (queues.IsIdle(message.Conversation))
            await notices.TellAsync(message, failure, cancellationToken);
    }

    /// <summary>The outage is over. What waited came to another gateway, or comes again; either has a message of its own, and a line that it waits is wrong.</summary>
    private void TakeNoticesAway()
    {
        foreach (var told in notices.Told)
            queues.TryEnqueue(told, Lane.Express, null, cancel => notices.RemoveAsync(told, cancel));
    }

    /// <returns>False = there is no turn, or it is settled, or in hand already.</returns>
    private bool Enqueue(InboundMessage message, Turn? turn, long receivedAt) => turn is { IsOpen: true } && queues.Enqueue(new QueuedTurn(turn, receivedAt)
    {
        IsBacklog = message.IsBacklog,
        Update = message.Update,
        QueuedAt = time.GetTimestamp(),
    });

    private async Task CommandAsync(InboundMessage message, Command command, CommandCall call, CancellationToken cancellationToken)
    {
        if (command.Order is CommandOrder.InUpdateOrder)
        {
            var reply = await commands.RunAsync(command, call, cancellationToken);
            // It has taken effect: its words find room even where others do not.
            if (!queues.TryEnqueue(message.Conversation, Lane.Express, message.Update, cancel => SayAsync(message, reply, cancel)))
                queues.TryEnqueue(message.Conversation, Lane.Spare, message.Update, cancel => SayAsync(message, reply, cancel));
            return;
        }

        var lane = command.Order is CommandOrder.AfterAnswers ? Lane.Ordered : Lane.Express;
        var queued = queues.TryEnqueue(message.Conversation, lane, message.Update, async cancel =>
        {
            await using var typing = new TypingIndicator(chat, message.Conversation, time, cancel);
            var reply = await commands.RunAsync(command, call, cancel);
            await typing.StopAsync();
            await SayAsync(message, reply, cancel);
        });
        if (!queued)
            SayBusy(message, ChatQueues.Capacity);
    }

    // Everything that is said besides answers quotes what it is about: by that, a lost answer is told from it (decision 0006).
    private Task SayAsync(InboundMessage message, CommandReply? reply, CancellationToken cancellationToken) => reply is null
        ? Task.CompletedTask
        : own.SayAsync(message.Conversation, reply.Text, message.MessageId, reply.Buttons, cancellationToken);

    // A lane that is full of notices needs no further one.
    private void Say(InboundEvent update, string markdown, int replyTo) => queues.TryEnqueue(
        update.Conversation, Lane.Express, update.Update, cancel => own.SayAsync(update.Conversation, markdown, replyTo, [], cancel));

    // Where others wait, one is being answered.
    private void SayBusy(InboundMessage message, int waiting) => queues.TryEnqueue(
        message.Conversation, Lane.Spare, message.Update, cancel => own.SayAsync(message.Conversation, UserTexts.Busy(waiting + 1), message.MessageId, [], cancel));
}
