using Clawdex.Gateway.Markdown;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Telegram;

namespace Clawdex.Gateway.Replies;

/// <summary>A state that the messages of a reply are to show.</summary>
/// <param name="Buttons">Below the last message.</param>
/// <param name="IsFinal">Messages that it does not need are removed; ones that are deleted or cannot be changed are replaced.</param>
internal sealed record ReplyFrame(IReadOnlyList<MessageText> Parts, IReadOnlyList<Button> Buttons, bool IsFinal, CallPriority Priority);

/// <summary>
/// One answer in the chat while it grows: "typing…" and, for a slow model, a placeholder; then paced edits; then the complete
/// text, in as many messages as it needs. Continues in the messages of an earlier attempt where there are any.
/// Owns the tasks that do so, which end with <see cref="FinishAsync"/> or, at the latest, with disposal.
/// </summary>
internal sealed class Reply : IAsyncDisposable
{
    /// <summary>How long a service may be away before the chat is told: one that only restarts is back sooner.</summary>
    public static readonly TimeSpan TellAfter = TimeSpan.FromSeconds(3);

    /// <summary>A model that speaks sooner gets its first message with text in it.</summary>
    private static readonly TimeSpan PlaceholderAfter = TimeSpan.FromMilliseconds(1500);

    private readonly Turn _turn;
    private readonly TelegramChat _chat;
    private readonly TelegramOptions _options;
    private readonly TimeProvider _time;
    private readonly ReplyMessages _messages;
    private readonly CancellationTokenSource _life;
    private readonly CancellationTokenSource _thinking;
    private readonly TypingIndicator _typing;
    private readonly Task _placeholder;
    private PacedText _text;

    // What the chat shows of the model's text, or is about to; and what stands below it for the time being, and at the end.
    private volatile ReplyFrame _shown = new([], [], IsFinal: false, CallPriority.Reply);
    private volatile string _line = "";
    private bool _ending;
    private bool _hasToldOfStore;
    private string _note = "";
    private IReadOnlyList<Button> _buttons = [];

    /// <param name="onGone">The bot may no longer write to the chat.</param>
    public Reply(
        Turn turn,
        SessionClient sessions,
        TelegramChat chat,
        MessageFinder finder,
        TelegramOptions options,
        TimeProvider time,
        Action onGone,
        CancellationToken cancellationToken)
    {
        (_turn, _chat, _options, _time) = (turn, chat, options, time);
        _life = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _thinking = CancellationTokenSource.CreateLinkedTokenSource(_life.Token);
        _messages = new ReplyMessages(turn, sessions, chat, finder, onGone, _life.Token);
        _typing = new TypingIndicator(chat, turn.Conversation, time, _thinking.Token);
        _placeholder = ShowPlaceholderAsync();
        _text = Begin();
    }

    /// <summary>Timestamp of the first text that the chat showed; null = none so far.</summary>
    public long? FirstTextAt { get; private set; }

    /// <summary>Sends and edits that Telegram took.</summary>
    public int Calls => _messages.Calls;

    /// <summary>The messages that show the reply, in order.</summary>
    public IReadOnlyList<int> MessageIds => _messages.Ids;

    /// <summary>Ends when the messages so far are recorded.</summary>
    public Task Recorded => _messages.Recorded;

    /// <summary>The next piece of the model's text. Waits when far more waits than can be shown.</summary>
    public ValueTask AppendAsync(string chunk, CancellationToken cancellationToken) => _text.AppendAsync(chunk, cancellationToken);

    /// <summary>Drops the text so far: what is appended from now on takes its place in the chat.</summary>
    public async Task StartOverAsync()
    {
        await _text.AbandonAsync();
        _line = "";
        _text = Begin();
    }

    /// <summary>
    /// Shows <paramref name="line"/> below what is there, until the text goes on; empty = takes it away again. Returns when the
    /// chat shows it.
    /// </summary>
    /// <remarks>Nothing but the reply's own end breaks it off: a send that is cancelled may have arrived all the same.</remarks>
    /// <returns>Null = there is nothing to show.</returns>
    public async Task<SendResult?> TellAsync(string line)
    {
        _line = line;
        await _thinking.CancelAsync();
        SendResult? result = null;
        while (WithStatusLine() is { Parts.Count: > 0 } frame && (result = await _messages.ShowAsync(frame, _life.Token)) is SendResult.Later)
            await Task.Delay(_chat.BudgetOf(_turn.Conversation).DelayFor(CallPriority.Reply), _time, _life.Token);
        return result;
    }

    /// <summary>
    /// Waits for a call to the session service. When it takes long, a line below what is there says so until it is over, once
    /// in a reply. The call itself is neither broken off nor repeated: what it asks for may be done already.
    /// </summary>
    public async Task WaitForStoreAsync(Task call)
    {
        await call.WaitAsync(TellAfter, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // A first message is not sent before the store has heard of it: its line would only appear when the store is back.
        if (!call.IsCompleted && !_hasToldOfStore && (MessageIds.Count > 0 || Recorded.IsCompletedSuccessfully))
        {
            _hasToldOfStore = true;
            await TellAsync(UserTexts.StoreAway);
            await call;
            await TellAsync("");
        }

        await call;
    }

    public async Task<T> WaitForStoreAsync<T>(Task<T> call)
    {
        await WaitForStoreAsync((Task)call);
        return await call;
    }

    /// <summary>
    /// Shows the complete text with <paramref name="note"/> below it, and returns when the chat does. May be called again with
    /// another note, which then stands below what the chat shows.
    /// </summary>
    /// <param name="note">Markdown of the bot's own; empty = none.</param>
    /// <returns>False = Telegram refuses it, or a part of it: the chat shows what stands before that part.</returns>
    public async Task<bool> FinishAsync(string note, IReadOnlyList<Button> buttons)
    {
        if (_ending)
            return await TellAsync(note) is SendResult.Shown;

        (_ending, _line, _note, _buttons) = (true, "", note, buttons);
        _text.Complete();
        await _text.Shown;
        await _placeholder;
        if (_messages.ShownOf(_shown.Parts) is var shown && shown.Count == _shown.Parts.Count)
            return true;
        _shown = _shown with { Parts = shown, Buttons = [] };
        return false;
    }

    public async ValueTask DisposeAsync()
    {
        await _life.CancelAsync();
        await Task.WhenAll(_placeholder, _text.Shown, _messages.Recorded).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _typing.DisposeAsync();
        _messages.Dispose();
        _thinking.Dispose();
        _life.Dispose();
    }

    private PacedText Begin()
    {
        var rendered = new GrowingText(GatewayTelemetry.CountUnreadableText);
        return new PacedText(
            new EditPacer(_options, _chat.BudgetOf(_turn.Conversation), _time), (step, cancel) => ShowAsync(rendered, step, cancel), _time, _life.Token);
    }

    private async Task ShowPlaceholderAsync()
    {
        await Task.Delay(PlaceholderAfter, _time, _thinking.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_thinking.IsCancellationRequested)
            await _messages.ShowFirstAsync(new MessageText(UserTexts.Placeholder, UserTexts.Placeholder), _life.Token);
    }

    private async Task<SendResult?> ShowAsync(GrowingText text, PacerStep.Show step, CancellationToken cancellationToken)
    {
        GatewayTelemetry.Waited("telegram wait", step.HeldBack, _time);
        _shown = Frame(text, step);
        var frame = step.IsFinal ? _shown : WithStatusLine() with { Priority = step.Priority };
        if (frame.Parts.Count == 0)
            return null;

        await _thinking.CancelAsync();
        var result = await _messages.ShowAsync(frame, cancellationToken);
        if (result is SendResult.Shown)
            FirstTextAt ??= step.Text.Length > 0 ? _time.GetTimestamp() : null;
        return result;
    }

    private ReplyFrame Frame(GrowingText text, PacerStep.Show step)
    {
        var parts = text.Render(step.Text, step.IsFinal);
        if (!step.IsFinal)
            return new ReplyFrame(parts, [], IsFinal: false, step.Priority);

        // The note is no part of the model's text: an open code block of an answer that was cut must not swallow it.
        var note = _note.Length == 0 && parts.Count == 0 ? UserTexts.EmptyAnswer : _note;
        var shown = WithNote(parts, note);
        if (_chat.ShowsRich(_turn.Rich) && shown is [var only] && RichText.Render(step.Text, note) is { } rich)
            shown = [only with { Rich = rich }];
        return new ReplyFrame(shown, _buttons, IsFinal: true, step.Priority);
    }

    /// <summary>What is shown, with the line of the moment.</summary>
    private ReplyFrame WithStatusLine() => _shown with { Parts = WithNote(_shown.Parts, _line), Priority = CallPriority.Reply };

    private static IReadOnlyList<MessageText> WithNote(IReadOnlyList<MessageText> parts, string markdown)
    {
        if (markdown.Length == 0)
            return parts;
        var note = TelegramText.Render(markdown, complete: true)[0];
        if (parts.Count == 0 || parts[^1].Plain.Length + note.Plain.Length + 2 > TelegramText.MaxLength)
            return [.. parts, note];
        var last = parts[^1];
        return [.. parts.SkipLast(1), new MessageText($"{last.Html}\n\n{note.Html}", $"{last.Plain}\n\n{note.Plain}")];
    }
}
