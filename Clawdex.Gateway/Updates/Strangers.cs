using Clawdex.Gateway.Access;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Telegram;
using Clawdex.Gateway.Turns;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Updates;

/// <summary>What is said to people whom the bot does not serve, what is done of what they cause, and how one of them becomes its owner, or a request to him.</summary>
internal sealed class Strangers(
    ChatQueues queues,
    People people,
    AccessRequests requests,
    HistoryClient histories,
    TelegramChat chat,
    Notices own,
    IOptions<TelegramOptions> options,
    ILogger<Strangers> logger)
{
    /// <summary>No chat, but the lanes in which what strangers cause is done, one thing at a time.</summary>
    private static readonly Conversation Nowhere = new(0);

    /// <summary>Tells somebody that the bot is not for him.</summary>
    public void Refuse(InboundEvent update)
    {
        switch (update)
        {
            case ButtonPress press:
                queues.TryEnqueue(press.Conversation, Lane.Express, press.Update, cancel => chat.AnswerPressAsync(press.CallbackId, UserTexts.Stranger, cancel));
                break;
            case BotAdded added:
                queues.TryEnqueue(added.Conversation, Lane.Express, added.Update, cancel => LeaveAsync(added.Conversation, cancel));
                break;
            case InboundMessage message:
                Say(message, message.MessageId, WordsFor(message));
                break;
            case InboundMedia media:
                Say(media, media.MessageId, people.IsUnclaimed ? UserTexts.NoOwnerYet : UserTexts.Stranger);
                break;
        }
    }

    /// <summary>
    /// Does what has to be done without a word. What finds no room is dropped: a bot that stays answers nobody there whom it does not
    /// serve, and a conversation that is not moved stays stored under its chat's old id.
    /// </summary>
    public void TakeAside(InboundEvent update)
    {
        switch (update)
        {
            case BotAdded added:
                queues.TryEnqueue(Nowhere, Lane.Express, null, cancel => chat.LeaveAsync(added.Conversation, cancel));
                break;
            // In a lane of its own: it may be a group of somebody who is served, and must not wait for the many that are left.
            case ChatMigration migration:
                queues.TryEnqueue(Nowhere, Lane.Ordered, null, cancel => histories.MoveAsync(migration.Conversation.ChatId, migration.NewConversation.ChatId, cancel));
                break;
        }
    }

    /// <summary>Makes the sender the owner. When it returns that is stored, so that what he wrote next is answered.</summary>
    public async Task ClaimAsync(InboundMessage message, CancellationToken cancellationToken)
    {
        if (message.UserId is not { } userId)
            return;
        using var span = GatewayTelemetry.StartCommand("claim", message.Update);
        try
        {
            var isOwner = await people.ClaimAsync(userId, cancellationToken);
            if (isOwner)
                logger.Claimed();
            Say(message, message.MessageId, isOwner ? UserTexts.Claimed : UserTexts.Stranger);
        }
        catch (SessionException error)
        {
            span?.Failed(error.Failure.ToString());
            logger.CommandFailed("claim", error);
            Say(message, message.MessageId, UserTexts.Failure(error.Failure, message.Update?.Reference ?? ""));
        }
    }

    private string WordsFor(InboundMessage message) =>
        people.IsUnclaimed ? UserTexts.NoOwnerYet
        : Asks(message) ? UserTexts.StrangerAsked
        : UserTexts.Stranger;

    /// <summary>Whether the owner is asked about the sender now.</summary>
    private bool Asks(InboundMessage message)
    {
        if (!options.Value.AllowRequests || !people.CanBeExtended || people.Owner is not { } owner || message is not { Conversation.IsGroup: false, UserId: { } userId })
            return false;
        var name = AccessRequests.Clean(message.SenderName);
        return requests.TryAdd(userId, name)
            && queues.TryEnqueue(new Conversation(owner), Lane.Express, message.Update, cancel => AskAsync(owner, userId, name, cancel));
    }

    private async Task AskAsync(long owner, long userId, string name, CancellationToken cancellationToken)
    {
        var outcome = await own.SayAsync(new Conversation(owner), UserTexts.Asks(name, userId), null, AccessRequests.ButtonsFor(userId), cancellationToken);
        if (outcome.Status is not SendResult.Shown)
            requests.Remove(userId, isDenied: false);
    }

    private async Task LeaveAsync(Conversation group, CancellationToken cancellationToken)
    {
        await own.SayAsync(group, UserTexts.LeavingGroup, null, [], cancellationToken);
        await chat.LeaveAsync(group, cancellationToken);
        logger.GroupLeft();
    }

    // A lane that is full of notices needs no further one.
    private void Say(InboundEvent update, int replyTo, string markdown) => queues.TryEnqueue(
        update.Conversation, Lane.Express, update.Update, cancel => own.SayAsync(update.Conversation, markdown, replyTo, [], cancel));
}
