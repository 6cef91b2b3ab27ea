namespace Clawdex.Gateway.Outbound;

/// <summary>What the bot says itself, besides answers: replies to commands, and notices. Each is said once.</summary>
internal sealed class OwnWords(TelegramChat chat, LostMessages lost, KnownMessages known, ChatIds ids, TimeProvider time)
{
    /// <summary>Says something as soon as the chat's budget allows.</summary>
    /// <param name="replyTo">The message that it is about; null = Telegram no longer knows it.</param>
    /// <returns>The last message's outcome: neither <see cref="CallStatus.Later"/> nor <see cref="CallStatus.Unknown"/>.</returns>
    public async Task<CallOutcome> SayAsync(
        Conversation place, string markdown, int? replyTo, IReadOnlyList<Button> buttons, CancellationToken cancellationToken)
    {
        var outcome = new CallOutcome(CallStatus.Refused);
        foreach (var part in TelegramText.Render(markdown, complete: true))
        {
            while ((outcome = await SendAsync(place, part, replyTo, buttons, cancellationToken)).Status is CallStatus.Later)
                await Task.Delay(chat.BudgetOf(place).DelayFor(CallPriority.Reply), time, cancellationToken);
        }

        return outcome;
    }

    /// <summary>Replaces one of the bot's own messages, as soon as the chat's budget allows.</summary>
    public Task<CallOutcome> ReplaceAsync(
        Conversation place, int messageId, string markdown, IReadOnlyList<Button> buttons, CancellationToken cancellationToken) =>
        ReplaceAsync(place, messageId, TelegramText.Render(markdown, complete: true)[0], buttons, cancellationToken);

    /// <summary>Removes one of the bot's own messages, as soon as the chat allows.</summary>
    public async Task RemoveAsync(Conversation place, int messageId, CancellationToken cancellationToken)
    {
        while ((await chat.DeleteAsync(place, messageId, cancellationToken)).Status is CallStatus.Later)
            await Task.Delay(chat.BudgetOf(place).BlockedFor, time, cancellationToken);
    }

    /// <summary>One attempt to say something.</summary>
    /// <returns>Never <see cref="CallStatus.Unknown"/>: a message whose send was not confirmed is looked for.</returns>
    public async Task<CallOutcome> SendAsync(
        Conversation place, TextPart part, int? replyTo, IReadOnlyList<Button> buttons, CancellationToken cancellationToken)
    {
        var floor = Math.Max(known.Greatest(ids.Current(place).ChatId), replyTo ?? 0);
        var outcome = await chat.SendAsync(place, part, replyTo, buttons, CallPriority.Reply, cancellationToken);
        if (outcome.Status is not CallStatus.Unknown)
            return outcome;
        if (await lost.FindAsync(place, new LostMessage(floor, replyTo ?? 0, part.Plain), cancellationToken) is not { } messageId)
            return new CallOutcome(CallStatus.Later);

        // The search has taken its buttons away.
        return buttons.Count == 0
            ? new CallOutcome(CallStatus.Done, messageId)
            : await ReplaceAsync(place, messageId, part, buttons, cancellationToken);
    }

    private async Task<CallOutcome> ReplaceAsync(
        Conversation place, int messageId, TextPart text, IReadOnlyList<Button> buttons, CancellationToken cancellationToken)
    {
        CallOutcome outcome;
        while ((outcome = await chat.EditAsync(place, messageId, text, buttons, CallPriority.Reply, cancellationToken)).Status is CallStatus.Later)
            await Task.Delay(chat.BudgetOf(place).DelayFor(CallPriority.Reply), time, cancellationToken);
        return outcome;
    }
}
