using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Telegram;
using Clawdex.Gateway.Turns;

namespace Clawdex.Gateway.Commands;

/// <summary>Buttons below the bot's messages. Each press is answered, or its button would spin for ever.</summary>
internal sealed class ButtonPresses(
    ModelCommand models, SessionClient sessions, ChatQueues queues, TelegramChat chat, Notices own, TimeProvider time, ILogger<ButtonPresses> logger)
{
    public async Task RunAsync(ButtonPress press, bool isAllowed, CancellationToken cancellationToken)
    {
        if (!isAllowed)
        {
            await chat.AnswerPressAsync(press.CallbackId, UserTexts.Stranger, cancellationToken);
            return;
        }

        if (ContinueButton.SourceIdOf(press.Data) is { } sourceId)
        {
            await ContinueAsync(press, sourceId, cancellationToken);
            return;
        }

        if (ModelCommand.ModelOf(press.Data) is not { } model)
        {
            await chat.AnswerPressAsync(press.CallbackId, UserTexts.ButtonOutdated, cancellationToken);
            return;
        }

        await chat.AnswerPressAsync(press.CallbackId, model, cancellationToken);
        if (await SwitchAsync(press, model, cancellationToken) is not { } reply)
            return;
        if (press.MessageId is not { } messageId
            || (await own.ReplaceAsync(press.Conversation, messageId, reply.Text, reply.Buttons, cancellationToken)).Status is SendResult.MessageGone or SendResult.Refused)
            await own.SayAsync(press.Conversation, reply.Text, null, reply.Buttons, cancellationToken);
    }

    /// <summary>Opens a turn that goes on where an answer was cut. Its button goes only when that is stored.</summary>
    private async Task ContinueAsync(ButtonPress press, string sourceId, CancellationToken cancellationToken)
    {
        var receivedAt = time.GetTimestamp();
        await chat.AnswerPressAsync(press.CallbackId, UserTexts.Continuing, cancellationToken);
        try
        {
            var accepted = await sessions.AcceptAsync(
                press.Conversation, sourceId, ContinueButton.Request, press.MessageId ?? 0, GatewayTelemetry.TraceParent(press.Update?.Context ?? default), SessionClient.ReadPatience, cancellationToken);
            if (accepted.Turn.IsOpen)
                queues.Enqueue(new QueuedTurn(accepted.Turn, receivedAt) { UserId = press.UserId, Update = press.Update });
        }
        catch (SessionException error)
        {
            logger.CommandFailed("continue", error);
            await own.SayAsync(press.Conversation, UserTexts.Failure(error.Failure, press.Update?.Reference ?? ""), press.MessageId, [], cancellationToken);
            return;
        }

        if (press.MessageId is { } messageId)
            await chat.SetButtonsAsync(press.Conversation, messageId, [], cancellationToken);
    }

    private async Task<CommandReply?> SwitchAsync(ButtonPress press, string model, CancellationToken cancellationToken)
    {
        using var span = GatewayTelemetry.StartCommand(models.Name, press.Update);
        try
        {
            return await models.RunAsync(new CommandCall(press.Conversation, model, press.CallbackId, press.MessageId), cancellationToken);
        }
        catch (SessionException error)
        {
            span?.Failed(error.Failure.ToString());
            logger.CommandFailed(models.Name, error);
            return new CommandReply(UserTexts.Failure(error.Failure, press.Update?.Reference ?? ""));
        }
    }
}
