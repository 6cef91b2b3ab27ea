using System.Threading.Channels;

namespace Clawdex.Gateway.Outbound;

/// <summary>
/// One answer in the chat while it grows: "typing…" and, for a slow model, a placeholder; then paced edits; then the complete
/// text, in as many messages as it needs. Continues in the messages of an earlier attempt where there are any.
/// Owns the tasks that do so, which end with <see cref="FinishAsync"/> or, at the latest, with disposal.
/// </summary>
internal sealed class StreamedReply : IAsyncDisposable
{
    /// <summary>A model that speaks sooner gets its first message with text in it.</summary>
    private static readonly TimeSpan PlaceholderAfter = TimeSpan.FromMilliseconds(1500);

    private readonly ReplyPlace _place;
    private readonly TelegramChat _chat;
    private readonly TimeProvider _time;
    private readonly GrowingText _text = new();
    private readonly List<ShownPart> _parts;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly CancellationTokenSource _life;
    private readonly CancellationTokenSource _thinking;
    private readonly TypingIndicator _typing;
    private readonly Channel<string> _chunks =
        Channel.CreateBounded<string>(new BoundedChannelOptions(1024) { SingleReader = true, SingleWriter = true });

    private readonly Task _placeholder;
    private readonly Task _showing;
    private Task _recorded = Task.CompletedTask;
    private string _note = "";

    public StreamedReply(ReplyPlace place, TelegramChat chat, EditPacing pacing, TimeProvider time, CancellationToken cancellationToken)
    {
        (_place, _chat, _time) = (place, chat, time);
        _parts = [.. place.MessageIds.Select(id => new ShownPart(id, ""))];
        _life = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _thinking = CancellationTokenSource.CreateLinkedTokenSource(_life.Token);
        _typing = new TypingIndicator(chat, place.Conversation, time, _thinking.Token);
        _placeholder = ShowPlaceholderAsync();
        _showing = ShowAllAsync(new EditPacer(pacing, chat.BudgetOf(place.Conversation), time));
    }

    /// <summary>Timestamp of the first text that the chat showed; null = none so far.</summary>
    public long? FirstTextAt { get; private set; }

    /// <summary>Sends and edits that Telegram took.</summary>
    public int Calls { get; private set; }

    /// <summary>The messages that show the reply, in order.</summary>
    public IReadOnlyList<int> MessageIds => [.. _parts.Where(part => part.MessageId is not null).Select(part => part.MessageId ?? 0)];

    /// <summary>The next piece of the model's text. Waits when far more waits than can be shown.</summary>
    public ValueTask AppendAsync(string chunk, CancellationToken cancellationToken) => _chunks.Writer.WriteAsync(chunk, cancellationToken);

    /// <summary>Shows the complete text with <paramref name="note"/> below it, and returns when the chat does.</summary>
    /// <param name="note">Markdown of the bot's own; empty = none.</param>
    public async Task FinishAsync(string note)
    {
        _note = note;
        _chunks.Writer.TryComplete();
        await _showing;
        await _placeholder;
        await _recorded;
    }

    public async ValueTask DisposeAsync()
    {
        await _life.CancelAsync();
        await Task.WhenAll(_placeholder, _showing, _recorded).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _typing.DisposeAsync();
        _thinking.Dispose();
        _life.Dispose();
        _writing.Dispose();
    }

    private async Task ShowAllAsync(EditPacer pacer)
    {
        try
        {
            await PacedStream.RunAsync(pacer, _chunks.Reader, ShowAsync, _time, _life.Token);
        }
        finally
        {
            // Whoever still appends must not wait for a reader that is gone.
            _chunks.Writer.TryComplete();
        }
    }

    private async Task ShowPlaceholderAsync()
    {
        await Task.Delay(PlaceholderAfter, _time, _thinking.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_thinking.IsCancellationRequested)
            return;
        await _writing.WaitAsync(_life.Token);
        try
        {
            if (_parts.Count == 0)
                await SendPartAsync(new TextPart(UserTexts.Placeholder, UserTexts.Placeholder), CallPriority.Interim, _life.Token);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task<FrameResult> ShowAsync(PacerStep.Show frame, CancellationToken cancellationToken)
    {
        GatewayTelemetry.Waited("telegram wait", frame.HeldBack, _time);
        await _writing.WaitAsync(cancellationToken);
        try
        {
            return await ShowPartsAsync(Render(frame), frame, cancellationToken);
        }
        finally
        {
            _writing.Release();
        }
    }

    private IReadOnlyList<TextPart> Render(PacerStep.Show frame)
    {
        var parts = _text.Render(frame.Text, frame.IsFinal);
        if (!frame.IsFinal)
            return parts;

        // The note is no part of the model's text: an open code block of an answer that was cut must not swallow it.
        var note = _note.Length == 0 && parts.Count == 0 ? UserTexts.EmptyAnswer : _note;
        return note.Length == 0 ? parts : WithNote(parts, TelegramText.Render(note, complete: true)[0]);
    }

    private static IReadOnlyList<TextPart> WithNote(IReadOnlyList<TextPart> parts, TextPart note)
    {
        if (parts.Count == 0 || parts[^1].Plain.Length + note.Plain.Length + 2 > TelegramText.MaxLength)
            return [.. parts, note];
        var last = parts[^1];
        return [.. parts.SkipLast(1), new TextPart($"{last.Html}\n\n{note.Html}", $"{last.Plain}\n\n{note.Plain}")];
    }

    private async Task<FrameResult> ShowPartsAsync(IReadOnlyList<TextPart> parts, PacerStep.Show frame, CancellationToken cancellationToken)
    {
        if (parts.Count == 0)
            return FrameResult.Blank;
        await _thinking.CancelAsync();
        for (var i = 0; i < parts.Count; i++)
        {
            var shown = i < _parts.Count
                ? await UpdatePartAsync(i, parts[i], frame, cancellationToken)
                : await SendPartAsync(parts[i], frame.Priority, cancellationToken);
            if (!shown)
                return FrameResult.Refused;
        }

        FirstTextAt ??= frame.Text.Length > 0 ? _time.GetTimestamp() : null;
        if (frame.IsFinal)
            await RemoveSurplusAsync(parts.Count, cancellationToken);
        return FrameResult.Shown;
    }

    /// <summary>False = not yet.</summary>
    private async Task<bool> UpdatePartAsync(int index, TextPart text, PacerStep.Show frame, CancellationToken cancellationToken)
    {
        var part = _parts[index];
        if (part.Html == text.Html)
            return true;
        if (part.MessageId is not { } messageId)
            // The message is lost. Only the complete text is worth a second one.
            return !frame.IsFinal || await SendPartAsync(text, frame.Priority, cancellationToken, index);

        var outcome = await _chat.EditAsync(_place.Conversation, messageId, text, [], frame.Priority, cancellationToken);
        switch (outcome.Status)
        {
            case CallStatus.Later:
                return false;
            case CallStatus.MessageGone:
                _parts[index] = new ShownPart(null, "");
                return !frame.IsFinal || await SendPartAsync(text, frame.Priority, cancellationToken, index);
            default:
                NoteOutcome(outcome);
                _parts[index] = part with { Html = text.Html };
                return true;
        }
    }

    /// <summary>False = not yet.</summary>
    private async Task<bool> SendPartAsync(TextPart text, CallPriority priority, CancellationToken cancellationToken, int? replaces = null)
    {
        var outcome = await _chat.SendAsync(_place.Conversation, text, _parts.Count == 0 ? _place.ReplyTo : null, [], priority, cancellationToken);
        if (outcome.Status is CallStatus.Later)
            return false;

        // A send whose fate is unknown is not repeated with the same text; a later text gets a message of its own.
        NoteOutcome(outcome);
        var part = new ShownPart(outcome.Status is CallStatus.Done ? outcome.MessageId : null, text.Html);
        if (replaces is { } index)
            _parts[index] = part;
        else
            _parts.Add(part);
        if (part.MessageId is not null)
            _recorded = RecordAsync(_recorded, MessageIds);
        return true;
    }

    private void NoteOutcome(CallOutcome outcome)
    {
        if (outcome.Status is CallStatus.Done)
            Calls++;
        else if (outcome.Status is CallStatus.ChatGone)
            _place.OnGone();
    }

    private async Task RecordAsync(Task before, IReadOnlyList<int> messageIds)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _place.Record(messageIds, _life.Token);
    }

    /// <summary>An earlier attempt may have needed more messages than this one.</summary>
    private async Task RemoveSurplusAsync(int needed, CancellationToken cancellationToken)
    {
        for (var i = _parts.Count - 1; i >= needed; i--)
        {
            if (_parts[i].MessageId is { } messageId)
                await _chat.DeleteAsync(_place.Conversation, messageId, cancellationToken);
            _parts.RemoveAt(i);
        }
    }

    /// <summary>What one message shows.</summary>
    /// <param name="MessageId">Null = lost: deleted by the user, or sent with unknown outcome.</param>
    private sealed record ShownPart(int? MessageId, string Html);
}
