using Clawdex.Gateway.Markdown;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Telegram;

namespace Clawdex.Gateway.Replies;

/// <summary>
/// The messages of one reply: brings them to a frame, with no call for what they show already, and records their numbers. No
/// message is sent before the numbers of those before it are stored and a lost one was looked for, so at any moment at most
/// one message is not accounted for, and it can be found again.
/// </summary>
internal sealed class ReplyMessages : IDisposable
{
    private readonly Turn _turn;
    private readonly SessionClient _sessions;
    private readonly TelegramChat _chat;
    private readonly MessageFinder _finder;
    private readonly Action _onGone;
    private readonly CancellationToken _life;
    private readonly List<ShownPart> _parts;
    private readonly SemaphoreSlim _gate = new(1);
    private LostMessage? _sought;
    private Task _recorded = Task.CompletedTask;
    private bool _announced;

    /// <summary>A message is to be sent, but the numbers of those before it are not stored yet.</summary>
    private volatile bool _waitsForStore;

    // After a deletion or a refusal, only the complete text is worth a call.
    private bool _onlyWhole;

    /// <param name="turn">The messages of an earlier attempt are overwritten.</param>
    /// <param name="life">Ends what is still being recorded.</param>
    public ReplyMessages(Turn turn, SessionClient sessions, TelegramChat chat, MessageFinder finder, Action onGone, CancellationToken life)
    {
        (_turn, _sessions, _chat, _finder, _onGone, _life) = (turn, sessions, chat, finder, onGone, life);
        _parts = [.. turn.ReplyMessageIds.Select(id => new ShownPart(chat.ChatIdOf(turn.Conversation), id, Text: null))];
        _announced = turn.MayHaveSentMore;
        _sought = turn.MayHaveSentMore ? new LostMessage(Floor, turn.OriginMessageId, Plain: null) : null;
        // A new reply is about to be sent: the store hears of it while the model is being asked.
        if (_parts.Count == 0)
            Announce();
    }

    /// <summary>Sends and edits that Telegram took.</summary>
    public int Calls { get; private set; }

    /// <summary>In order.</summary>
    public IReadOnlyList<int> Ids => [.. _parts.Where(IsInReach).Select(part => part.MessageId)];

    /// <summary>Ends when all numbers so far are stored.</summary>
    public Task Recorded => _recorded;

    public async Task<SendResult> ShowAsync(ReplyFrame frame, CancellationToken cancellationToken)
    {
        while (true)
        {
            _waitsForStore = false;
            var result = await LockedAsync(() => BringAsync(frame, cancellationToken), cancellationToken);
            if (!_waitsForStore)
                return result;
            // Outside of the lock: what is visible already may change while the store is away.
            await _recorded.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Those of <paramref name="parts"/> that the chat shows, up to the first one that it does not.</summary>
    public IReadOnlyList<MessageText> ShownOf(IReadOnlyList<MessageText> parts) => [.. parts.TakeWhile((part, i) => i < _parts.Count && _parts[i].Text == part)];

    /// <summary>Shows <paramref name="text"/> unless the reply has a message already.</summary>
    public Task ShowFirstAsync(MessageText text, CancellationToken cancellationToken) =>
        LockedAsync(
            async () => _parts.Count == 0 && _sought is null ? await SendAsync(0, text, [], CallPriority.Interim, cancellationToken) : SendResult.Shown,
            cancellationToken);

    public void Dispose() => _gate.Dispose();

    private async Task<SendResult> LockedAsync(Func<Task<SendResult>> step, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            return await step();
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<SendResult> BringAsync(ReplyFrame frame, CancellationToken cancellationToken)
    {
        await AdoptAsync(cancellationToken);
        if (_onlyWhole && !frame.IsFinal)
            return SendResult.Refused;

        for (var i = 0; i < frame.Parts.Count; i++)
        {
            IReadOnlyList<Button> buttons = i == frame.Parts.Count - 1 ? frame.Buttons : [];
            var step = await BringAsync(i, frame.Parts[i], buttons, frame, cancellationToken);
            _onlyWhole |= step is SendResult.Refused;
            if (step is not SendResult.Shown)
                return step;
        }

        return frame.IsFinal ? await RemoveFromAsync(frame.Parts.Count, cancellationToken) : SendResult.Shown;
    }

    private async Task<SendResult> BringAsync(int index, MessageText text, IReadOnlyList<Button> buttons, ReplyFrame frame, CancellationToken cancellationToken)
    {
        while (index < _parts.Count)
        {
            var part = _parts[index];
            if (part.Shows(text, buttons))
                return SendResult.Shown;
            // Until the edit is confirmed it is unknown what the message shows: it may arrive although its answer is lost.
            _parts[index] = part with { Text = null };
            var outcome = IsInReach(part)
                ? await _chat.EditAsync(_turn.Conversation, part.MessageId, text, buttons, frame.Priority, cancellationToken)
                : new CallOutcome(SendResult.MessageGone);
            if (outcome.Status is SendResult.Shown)
            {
                Calls++;
                _parts[index] = part with { Text = text, Buttons = buttons };
                return SendResult.Shown;
            }

            // Perhaps it is not the text that Telegram refuses, but to change this message.
            if (outcome.Status is SendResult.Refused && frame.IsFinal)
                return await ReplaceFromAsync(index, text, buttons, frame.Priority, cancellationToken);
            if (outcome.Status is not SendResult.MessageGone)
                return NotShown(outcome);

            // The messages behind it take its place, so that the text stays in order.
            _parts.RemoveAt(index);
            Record(Ids);
            if (!frame.IsFinal)
                return SendResult.Refused;
        }

        var sent = await SendAsync(index, text, buttons, frame.Priority, cancellationToken);
        // Only an edit makes a message rich.
        return sent is SendResult.Shown && text.Rich is not null ? await BringAsync(index, text, buttons, frame, cancellationToken) : sent;
    }

    /// <summary>Sends a new message for one that cannot be changed. What stood from there on goes, or it would stand above the new one.</summary>
    private async Task<SendResult> ReplaceFromAsync(
        int index, MessageText text, IReadOnlyList<Button> buttons, CallPriority priority, CancellationToken cancellationToken)
    {
        var step = await SendAsync(index, text, buttons, priority, cancellationToken);
        return step is SendResult.Shown ? await RemoveFromAsync(index + 1, cancellationToken) : step;
    }

    private SendResult NotShown(CallOutcome outcome)
    {
        if (outcome.Status is SendResult.ChatGone)
            _onGone();
        return outcome.Status is SendResult.Later ? SendResult.Later : SendResult.Refused;
    }

    private async Task<SendResult> SendAsync(int index, MessageText text, IReadOnlyList<Button> buttons, CallPriority priority, CancellationToken cancellationToken)
    {
        Announce();
        _waitsForStore = !_recorded.IsCompletedSuccessfully;
        if (_waitsForStore)
            return SendResult.Later;

        var floor = Math.Max(_finder.Greatest(_turn.Conversation), Floor);
        var isFurtherPart = _parts.Count > 0;
        // In a group others write in between; in a private chat a quote would only be noise.
        int? replyTo = index == 0 && _turn.Conversation.IsGroup ? _turn.OriginMessageId : null;
        var outcome = await _chat.SendAsync(_turn.Conversation, text, replyTo, buttons, isFurtherPart, priority, cancellationToken);
        if (outcome.Status is SendResult.Unknown)
        {
            _sought = new LostMessage(floor, _turn.OriginMessageId, text.Plain);
            // What Telegram took is somewhere, even if it cannot be found: a second one would be one too many.
            return await AdoptAsync(cancellationToken) || outcome.Failure is not BotApiFailureKind.Taken ? SendResult.Later : SendResult.Refused;
        }

        if (outcome.Status is not SendResult.Shown)
            return NotShown(outcome);
        Calls++;
        _finder.Note(_turn.Conversation, outcome.MessageId);
        Put(index, outcome.MessageId, text with { Rich = null }, buttons);
        return SendResult.Shown;
    }

    /// <summary>Adopts the message whose send was not confirmed, if the chat shows it.</summary>
    private async Task<bool> AdoptAsync(CancellationToken cancellationToken)
    {
        var found = _sought is { } sought ? await _finder.FindAsync(_turn.Conversation, sought, cancellationToken) : null;
        _sought = null;
        if (found is { } messageId)
            Put(_parts.Count, messageId, text: null);
        return found is not null;
    }

    /// <summary>The number of a message that is still to come, or was lost, is greater.</summary>
    private int Floor => Ids.Append(_turn.OriginMessageId).Max();

    /// <summary>Says in the store that one more message is about to be sent, by a 0 as its number: only then is one looked for after a crash.</summary>
    private void Announce()
    {
        if (_announced)
            return;
        Record([.. Ids, 0]);
        _announced = true;
    }

    private void Put(int index, int messageId, MessageText? text, IReadOnlyList<Button>? buttons = null)
    {
        _parts.Insert(index, new ShownPart(_chat.ChatIdOf(_turn.Conversation), messageId, text, buttons));
        Record(Ids);
    }

    private void Record(IReadOnlyList<int> ids)
    {
        _announced = false;
        _recorded = RecordAsync(_recorded, ids);
    }

    private async Task RecordAsync(Task before, IReadOnlyList<int> ids)
    {
        // What follows replaces what failed.
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _sessions.RecordReplyAsync(_turn.Id, ids, _life);
    }

    /// <summary>An earlier attempt may have needed more messages than this one.</summary>
    private async Task<SendResult> RemoveFromAsync(int index, CancellationToken cancellationToken)
    {
        for (var i = _parts.Count - 1; i >= index; i--)
        {
            if (IsInReach(_parts[i]) && (await _chat.DeleteAsync(_turn.Conversation, _parts[i].MessageId, cancellationToken)).Status is SendResult.Later)
                return SendResult.Later;
            _parts.RemoveAt(i);
        }

        return SendResult.Shown;
    }

    // A group that became a supergroup numbers its messages anew: by the old number another one would be changed.
    private bool IsInReach(ShownPart part) => part.ChatId == _chat.ChatIdOf(_turn.Conversation);

    /// <param name="Text">What it shows; null = unknown.</param>
    private sealed record ShownPart(long ChatId, int MessageId, MessageText? Text, IReadOnlyList<Button>? Buttons = null)
    {
        public bool Shows(MessageText text, IReadOnlyList<Button> buttons) => Text == text && (Buttons ?? []).SequenceEqual(buttons);
    }
}
