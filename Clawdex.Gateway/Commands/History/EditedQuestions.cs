using System.Globalization;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Telegram;
using Clawdex.Gateway.Turns;
using Clawdex.Gateway.Turns.Budgets;

namespace Clawdex.Gateway.Commands.History;

/// <summary>
/// A question that is edited before its answer is complete is answered as it reads now. A last question that was answered can be
/// answered again, by a button below its answer: what it reads now is not stored before the button is pressed, and after a
/// restart the button is out of date.
/// </summary>
internal sealed class EditedQuestions(
    TurnClient turns, ChatQueues queues, RunningReplies running, BudgetPolicy budgets, TelegramChat chat, ILogger<EditedQuestions> logger)
{
    private const int MostRemembered = 1_000;

    private readonly RecentMap<(Conversation, int), InboundMessage> _edited = new(MostRemembered);

    /// <summary>Takes an edit in. What is still to be answered is stored as it reads now when this returns.</summary>
    public async Task TakeInAsync(InboundEdit edit, Asker asker, CancellationToken cancellationToken)
    {
        var (place, question) = (edit.Conversation, edit.Message);
        var reply = running.Find(place, question.MessageId);
        // Telegram also calls it an edit when a message gets a preview of its link.
        if (reply?.Turn is { UserText: var text } && question.ReadsAs(text))
            return;
        var isStored = false;
        try
        {
            var turn = await turns.EditQuestionAsync(place, question.MessageId, question.Prompt, budgets.ForMessage(asker), cancellationToken);
            isStored = turn is not null;
            reply ??= running.Find(place, question.MessageId);
            // What merely waits is read when its time comes.
            if (turn is not null && (reply is null || reply.StartOver(turn)))
                return;
        }
        catch (SessionException error)
        {
            logger.UpdateFailed(edit.UpdateId, error);
        }

        queues.TryEnqueue(place, Lane.Ordered, edit.Update, cancel => OfferAsync(edit, isStored, cancel));
    }

    /// <summary>Puts the button below the answer, if it is that of the last question. To be called when the answers before it are there.</summary>
    /// <param name="isStored">The question reads so already, and its answer is to what it read before.</param>
    private async Task OfferAsync(InboundEdit edit, bool isStored, CancellationToken cancellationToken)
    {
        var (place, question) = (edit.Conversation, edit.Message);
        try
        {
            if (await turns.FindLastQuestionAsync(place, SessionClient.ReadPatience, cancellationToken) is not { ReplyMessageIds: [.., var answer] } last
                || last.OriginMessageId != question.MessageId || (question.ReadsAs(last.UserText) && !isStored))
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
    public InboundMessage? Find(Conversation place, Button button) =>
        _edited.TryGet((place, int.Parse(button.Payload, NumberStyles.None, CultureInfo.InvariantCulture)), out var question) ? question : null;
}
