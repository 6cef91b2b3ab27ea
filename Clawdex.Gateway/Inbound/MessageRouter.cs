using Clawdex.Gateway.Commands;
using Clawdex.Gateway.Outbound;
using Clawdex.Gateway.Turns;

namespace Clawdex.Gateway.Inbound;

/// <summary>
/// Sends what happened to where it belongs: a known command to Commands, everything else that was written to Turns. Returns
/// when the update may be confirmed to Telegram: a message is stored then, and nothing of it waits for a model or a send.
/// </summary>
internal sealed class MessageRouter(
    ChatDispatcher dispatcher,
    CommandTable commands,
    ButtonPresses presses,
    SessionBackend sessions,
    RunningReplies running,
    TelegramChat chat,
    ChatMigrations migrations,
    Strangers strangers,
    RecentAlbums albums,
    TimeProvider time,
    ILogger<MessageRouter> logger)
{
    public async Task RouteAsync(InboundEvent update, BotIdentity bot, CancellationToken cancellationToken)
    {
        switch (update)
        {
            case InboundMessage message:
                await RouteAsync(message, bot, cancellationToken);
                break;
            case InboundMedia media when !Refused(media, media.MessageId) && albums.IsNew(media.AlbumId):
                Say(media, UserTexts.TextOnly, media.MessageId);
                break;
            case ButtonPress press:
                dispatcher.TryEnqueue(press.Conversation, Lane.Express, press.Update, cancel => presses.RunAsync(press, strangers.Allows(press.UserId), cancel));
                break;
            case ChatMigration migration:
                await migrations.MoveAsync(migration.Conversation.ChatId, migration.NewConversation.ChatId, cancellationToken);
                break;
            case BotRemoved removed:
                running.StopChat(removed.Conversation.ChatId, StopReason.ChatGone);
                break;
        }
    }

    private async Task RouteAsync(InboundMessage message, BotIdentity bot, CancellationToken cancellationToken)
    {
        var line = CommandLine.Parse(message.Text);
        if (line is not null ? line.IsForAnother(bot) : !message.IsAddressed)
            return;
        if (line is { Bot: null } && !message.IsAddressed && !commands.TryFind(line.Name, out _))
            return;
        if (Refused(message, message.MessageId))
            return;

        if (line is null)
            await AcceptAsync(message, cancellationToken);
        else if (commands.TryFind(line.Name, out var command))
            await CommandAsync(message, command, new CommandCall(message.Conversation, line.Argument), cancellationToken);
        else
            Say(message, UserTexts.UnknownCommand(line.Name), ReplyTo(message));
    }

    private async Task AcceptAsync(InboundMessage message, CancellationToken cancellationToken)
    {
        var waiting = dispatcher.WaitingIn(message.Conversation);
        if (waiting >= ChatDispatcher.Capacity && !message.IsSuperseded)
        {
            Say(message, UserTexts.Busy(waiting), message.MessageId);
            return;
        }

        var receivedAt = time.GetTimestamp();
        using var span = GatewayTelemetry.Source.StartActivity("accept");
        try
        {
            var accepted = await sessions.AcceptAsync(
                message.Conversation, message.SourceId, message.Text, message.MessageId, GatewayTelemetry.TraceParent(message.Update?.Context ?? default), cancellationToken);
            span?.SetTag("clawdex.duplicate", accepted.Duplicate);
            if (message.IsSuperseded)
                await sessions.FailAsync(accepted.Turn.Id, "superseded", TurnState.Cancelled, cancellationToken);
            else if (accepted.Turn.IsOpen)
                dispatcher.Enqueue(new PendingTurn(accepted.Turn, receivedAt) { UserId = message.UserId, IsLate = message.IsLate, Update = message.Update, QueuedAt = time.GetTimestamp() });
        }
        catch (SessionException error)
        {
            span?.Failed(error.Failure.ToString());
            logger.UpdateFailed(message.UpdateId, error);
            Say(message, UserTexts.Failure(error.Failure, ReferenceOf(message)), message.MessageId);
        }
    }

    private async Task CommandAsync(InboundMessage message, ICommand command, CommandCall call, CancellationToken cancellationToken)
    {
        if (command.Order is CommandOrder.OnArrival)
        {
            var reply = await RunAsync(message, command, call, cancellationToken);
            dispatcher.TryEnqueue(message.Conversation, Lane.Express, message.Update, cancel => SayAsync(message, reply, cancel));
            return;
        }

        var lane = command.Order is CommandOrder.InTurn ? Lane.Ordered : Lane.Express;
        var queued = dispatcher.TryEnqueue(message.Conversation, lane, message.Update, async cancel =>
        {
            await using var typing = new TypingIndicator(chat, message.Conversation, time, cancel);
            var reply = await RunAsync(message, command, call, cancel);
            await typing.StopAsync();
            await SayAsync(message, reply, cancel);
        });
        if (!queued && lane is Lane.Ordered)
            Say(message, UserTexts.Busy(ChatDispatcher.Capacity), message.MessageId);
    }

    private async Task<CommandReply?> RunAsync(InboundMessage message, ICommand command, CommandCall call, CancellationToken cancellationToken)
    {
        using var span = GatewayTelemetry.StartCommand(command.Name, message.Update);
        try
        {
            return await command.RunAsync(call, cancellationToken);
        }
        catch (SessionException error)
        {
            span?.Failed(error.Failure.ToString());
            logger.CommandFailed(command.Name, error);
            return new CommandReply(UserTexts.Failure(error.Failure, ReferenceOf(message)));
        }
    }

    private Task SayAsync(InboundMessage message, CommandReply? reply, CancellationToken cancellationToken) => reply is null
        ? Task.CompletedTask
        : chat.SayAsync(message.Conversation, reply.Text, ReplyTo(message), reply.Buttons, cancellationToken);

    private bool Refused(InboundEvent update, int messageId)
    {
        if (strangers.Allows(update.UserId))
            return false;
        if (strangers.ShouldRefuse(update.UserId))
            Say(update, UserTexts.Stranger, messageId);
        return true;
    }

    // A lane that is full of notices needs no further one.
    private void Say(InboundEvent update, string markdown, int? replyTo) => dispatcher.TryEnqueue(
        update.Conversation, Lane.Express, update.Update, cancel => chat.SayAsync(update.Conversation, markdown, replyTo, [], cancel));

    private static string ReferenceOf(InboundEvent update) => update.Update?.Reference ?? "";

    private static int? ReplyTo(InboundMessage message) => message.Conversation.IsGroup ? message.MessageId : null;
}
