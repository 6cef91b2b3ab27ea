using Clawdex.Gateway.Access;
using Clawdex.Gateway.Commands.History;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Telegram;
using Clawdex.Gateway.Turns;
using Clawdex.Gateway.Turns.Budgets;

namespace Clawdex.Gateway.Commands;

/// <summary>Buttons below the bot's messages. Each press is answered, or its button would spin for ever.</summary>
internal sealed class ButtonPresses(
    CommandTable commands,
    ModelCommand models,
    AccessRequests requests,
    EditedQuestions edited,
    People people,
    ButtonSigner signer,
    TurnClient turns,
    ChatQueues queues,
    BudgetPolicy budgets,
    BudgetNotices budgetNotices,
    TelegramChat chat,
    Notices own,
    TimeProvider time,
    ILogger<ButtonPresses> logger)
{
    public Task RunAsync(ButtonPress press, CancellationToken cancellationToken)
    {
        if (signer.Read(press.Conversation, press.Data) is not { } button)
            return AnswerAsync(UserTexts.ButtonOutdated);
        if (press.Conversation.IsGroup && !people.IsOwner(press.UserId) && (button.AskerId is not { } askerId || askerId != press.UserId))
            return AnswerAsync(UserTexts.ButtonOfAnother);
        var asker = Asker.Of(press, people);
        return button.Action switch
        {
            ButtonAction.Continue => ContinueAsync(press, ContinueButton.TurnOf(button), asker, cancellationToken),
            ButtonAction.AnswerAgain when edited.Find(press.Conversation, button) is { } question => AnswerAgainAsync(press, question, asker, cancellationToken),
            ButtonAction.Model => SwitchAsync(press, button.Payload, asker, cancellationToken),
            ButtonAction.Allow or ButtonAction.Deny => DecideAsync(press, AccessRequests.UserOf(button), button.Action is ButtonAction.Allow, cancellationToken),
            _ => AnswerAsync(UserTexts.ButtonOutdated),
        };

        Task AnswerAsync(string words) => chat.AnswerPressAsync(press.CallbackId, words, cancellationToken);
    }

    private async Task SwitchAsync(ButtonPress press, string model, Asker asker, CancellationToken cancellationToken)
    {
        await chat.AnswerPressAsync(press.CallbackId, model, cancellationToken);
        var call = new CommandCall(press.Conversation, model, press.CallbackId, press.MessageId, asker) { Update = press.Update };
        if (await commands.RunAsync(models, call, cancellationToken) is not { } reply)
            return;
        if (press.MessageId is not { } messageId
            || (await own.ReplaceAsync(press.Conversation, messageId, reply.Text, reply.Buttons, cancellationToken)).Status is SendResult.MessageGone or SendResult.Refused)
            await own.SayAsync(press.Conversation, reply.Text, null, reply.Buttons, cancellationToken);
    }

    /// <summary><em>Allow</em> and <em>Deny</em> below a stranger's request: the owner's alone, wherever the press comes from.</summary>
    private async Task DecideAsync(ButtonPress press, long userId, bool isAllowed, CancellationToken cancellationToken)
    {
        // With settings that name everybody there are no such buttons; whatever is pressed, those settings hold.
        if (press.UserId is not { } owner || owner != people.Owner || !people.CanBeExtended)
        {
            await chat.AnswerPressAsync(press.CallbackId, UserTexts.OwnersOnly, cancellationToken);
            return;
        }

        using var span = GatewayTelemetry.StartCommand("request", press.Update);
        try
        {
            if (isAllowed)
                await people.AddAsync(userId, owner, cancellationToken);
        }
        catch (SessionException error)
        {
            span?.Failed(error.Failure.ToString());
            logger.CommandFailed("request", error);
            await chat.AnswerPressAsync(press.CallbackId, UserTexts.PressAgain, cancellationToken);
            return;
        }

        var decided = UserTexts.Decided(requests.Remove(userId, isDenied: !isAllowed), userId, isAllowed);
        await chat.AnswerPressAsync(press.CallbackId, "", cancellationToken);
        if (press.MessageId is { } messageId)
            await own.ReplaceAsync(press.Conversation, messageId, decided, [], cancellationToken);
        if (isAllowed)
            await own.SayAsync(new Conversation(userId), UserTexts.LetIn, null, [], cancellationToken);
    }

    /// <summary>Opens a turn that goes on where the conversation's last answer was cut. Its button goes only when that is stored.</summary>
    private async Task ContinueAsync(ButtonPress press, long turnId, Asker asker, CancellationToken cancellationToken)
    {
        var isOpened = await OpenAsync(press, asker, UserTexts.Continuing, AcceptAsync, cancellationToken);
        if (isOpened && press.MessageId is { } messageId)
            await chat.SetButtonsAsync(press.Conversation, messageId, [], cancellationToken);

        Task<AcceptedMessage> AcceptAsync(string trace) => turns.ContinueAsync(
            press.Conversation, turnId, ContinueButton.SourceIdOf(turnId), ContinueButton.Request, press.MessageId ?? 0, trace, budgets.ForMessage(asker), cancellationToken);
    }

    /// <summary>Opens a turn that answers an edited question. Its button goes with the text of the answer before.</summary>
    private async Task AnswerAgainAsync(ButtonPress press, InboundMessage question, Asker asker, CancellationToken cancellationToken)
    {
        await OpenAsync(press, asker, UserTexts.AnsweringAgain, AcceptAsync, cancellationToken);

        Task<AcceptedMessage> AcceptAsync(string trace) => turns.RetryAsync(
            press.Conversation, $"again:{question.SourceId}", question.Prompt, question.MessageId, trace, budgets.ForMessage(asker), cancellationToken);
    }

    /// <summary>Opens the turn that a button stands for, or says why not.</summary>
    private async Task<bool> OpenAsync(
        ButtonPress press, Asker asker, string words, Func<string, Task<AcceptedMessage>> accept, CancellationToken cancellationToken)
    {
        if (queues.WaitingIn(press.Conversation) >= ChatQueues.Capacity)
        {
            await chat.AnswerPressAsync(press.CallbackId, UserTexts.PressAgain, cancellationToken);
            return false;
        }

        var receivedAt = time.GetTimestamp();
        var trace = GatewayTelemetry.TraceParent(press.Update?.Context ?? default);
        try
        {
            var accepted = await accept(trace);
            budgetNotices.Report(asker, accepted, press.Conversation, press.MessageId, press.Update);
            if (accepted.Turn is not { } turn)
            {
                await chat.AnswerPressAsync(press.CallbackId, UserTexts.NoTokensLeft, cancellationToken);
                return false;
            }

            if (turn.IsOpen)
                queues.Enqueue(new QueuedTurn(turn, receivedAt) { Update = press.Update });
        }
        catch (SessionException error)
        {
            await RefuseAsync(press, error, cancellationToken);
            return false;
        }

        await chat.AnswerPressAsync(press.CallbackId, words, cancellationToken);
        return true;
    }

    private async Task RefuseAsync(ButtonPress press, SessionException error, CancellationToken cancellationToken)
    {
        if (error.Failure is SessionFailure.Conflict)
        {
            await chat.AnswerPressAsync(press.CallbackId, UserTexts.ButtonOutdated, cancellationToken);
            return;
        }

        logger.CommandFailed("button", error);
        await chat.AnswerPressAsync(press.CallbackId, "", cancellationToken);
        await own.SayAsync(press.Conversation, UserTexts.Failure(error.Failure, press.Update?.Reference ?? ""), press.MessageId, [], cancellationToken);
    }
}
