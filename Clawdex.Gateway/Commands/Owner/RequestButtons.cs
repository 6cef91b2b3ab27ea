using Clawdex.Gateway.Access;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Telegram;

namespace Clawdex.Gateway.Commands.Owner;

/// <summary><em>Allow</em> and <em>Deny</em> below a stranger's request: the owner's alone, wherever the press comes from.</summary>
internal sealed class RequestButtons(People people, AccessRequests requests, TelegramChat chat, Notices own, ILogger<RequestButtons> logger)
{
    private const string Name = "request";

    public async Task RunAsync(ButtonPress press, long userId, bool isAllowed, CancellationToken cancellationToken)
    {
        // With settings that name everybody there are no such buttons; whatever is pressed, those settings hold.
        if (press.UserId is not { } owner || owner != people.Owner || !people.CanBeExtended)
        {
            await chat.AnswerPressAsync(press.CallbackId, UserTexts.OwnersOnly, cancellationToken);
            return;
        }

        using var span = GatewayTelemetry.StartCommand(Name, press.Update);
        try
        {
            if (isAllowed)
                await people.AddAsync(userId, owner, cancellationToken);
        }
        catch (SessionException error)
        {
            span?.Failed(error.Failure.ToString());
            logger.CommandFailed(Name, error);
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
}
