using System.Globalization;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Telegram;
using Clawdex.Gateway.Telegram.Buttons;

namespace Clawdex.Gateway.Commands.History;

/// <summary>
/// A last question that its author has edited can be answered again, by a button below its answer. What it reads now is not
/// stored before the button is pressed: after a restart the button is out of date.
/// </summary>
internal sealed class EditedQuestions(SessionClient sessions, TelegramChat chat, ILogger<EditedQuestions> logger)
{
    private const int MostRemembered = 1_000;

    private readonly RecentMap<(Conversation, int), InboundMessage> _edited = new(MostRemembered);

    /// <summary>Puts the button below the answer, if it is that of the last question. To be called when the answers before it are there.</summary>
    public async Task OfferAsync(InboundEdit edit, CancellationToken cancellationToken)
    {
        var (place, question) = (edit.Conversation, edit.Message);
        try
        {
            if (await sessions.FindLastQuestionAsync(place, cancellationToken) is not { ReplyMessageIds: [.., var answer] } last
                || last.OriginMessageId != question.MessageId || last.UserText == question.Prompt)
                return;
            _edited.Set((place, question.MessageId), question);
            var payload = question.MessageId.ToString(CultureInfo.InvariantCulture);
            await chat.SetButtonsAsync(place, answer, [new Button(UserTexts.AnswerAgain, ButtonAction.AnswerAgain, payload, edit.UserId)], cancellationToken);
        }
        catch (SessionException error)
        {
            logger.UpdateFailed(edit.UpdateId, error);
        }
    }

    /// <summary>What the question of a pressed button reads now; null = nobody remembers.</summary>
    public InboundMessage? Find(Conversation place, PressedButton button) =>
        _edited.TryGet((place, int.Parse(button.Payload, NumberStyles.None, CultureInfo.InvariantCulture)), out var question) ? question : null;
}
