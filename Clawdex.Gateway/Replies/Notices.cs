using Clawdex.Gateway.Markdown;
using Clawdex.Gateway.Telegram;

namespace Clawdex.Gateway.Replies;

/// <summary>What the bot says itself, besides answers: replies to commands, and notices.</summary>
internal sealed class Notices(TelegramChat chat, MessageFinder finder, TimeProvider time)
{
    /// <summary>
    /// Says something as soon as the chat's budget allows. Where it is unknown whether it arrived, it is said once more: to read
    /// it twice harms nobody, but who reads nothing does not know what became of a command.
    /// </summary>
    /// <param name="replyTo">The message that it is about; null = Telegram no longer knows it.</param>
    /// <returns>The last message's outcome.</returns>
    public async Task<CallOutcome> SayAsync(
        Conversation place, string markdown, int? replyTo, IReadOnlyList<Button> buttons, CancellationToken cancellationToken)
    {
        var outcome = new CallOutcome(SendResult.Refused);
        foreach (var (index, part) in TelegramText.Render(markdown, complete: true).Index())
        {
            outcome = await WhenAllowedAsync(place, SendPartAsync, cancellationToken);
            if (outcome is { Status: SendResult.Unknown, Failure: not BotApiFailureKind.Taken })
                outcome = await WhenAllowedAsync(place, SendPartAsync, cancellationToken);

            Task<CallOutcome> SendPartAsync() => SendAsync(place, part, replyTo, buttons, isSilent: index > 0, cancellationToken);
        }

        return outcome;
    }

    /// <summary>Replaces one of the bot's own messages, as soon as the chat's budget allows.</summary>
    public Task<CallOutcome> ReplaceAsync(
        Conversation place, int messageId, string markdown, IReadOnlyList<Button> buttons, CancellationToken cancellationToken)
    {
        var text = TelegramText.Render(markdown, complete: true)[0];
        return WhenAllowedAsync(
            place, () => chat.EditAsync(place, messageId, text, buttons, CallPriority.Reply, cancellationToken), cancellationToken);
    }

    /// <summary>Removes one of the bot's own messages, as soon as the chat allows.</summary>
    public Task RemoveAsync(Conversation place, int messageId, CancellationToken cancellationToken) =>
        WhenAllowedAsync(place, () => chat.DeleteAsync(place, messageId, cancellationToken), cancellationToken);

    /// <summary>One attempt to say something.</summary>
    public async Task<CallOutcome> SendAsync(
        Conversation place, MessageText part, int? replyTo, IReadOnlyList<Button> buttons, bool isSilent, CancellationToken cancellationToken)
    {
        var outcome = await chat.SendAsync(place, part, replyTo, buttons, isSilent, CallPriority.Reply, cancellationToken);
        if (outcome.Status is SendResult.Shown)
            finder.Note(place, outcome.MessageId);
        return outcome;
    }

    private async Task<CallOutcome> WhenAllowedAsync(Conversation place, Func<Task<CallOutcome>> call, CancellationToken cancellationToken)
    {
        CallOutcome outcome;
        while ((outcome = await call()).Status is SendResult.Later)
            await Task.Delay(chat.BudgetOf(place).DelayFor(CallPriority.Reply), time, cancellationToken);
        return outcome;
    }
}
