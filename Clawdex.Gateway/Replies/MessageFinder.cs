using Clawdex.Gateway.Telegram;

namespace Clawdex.Gateway.Replies;

/// <summary>What tells a lost message from the bot's others.</summary>
/// <param name="After">Its number is greater.</param>
/// <param name="Origin">The message that it may quote. What else the bot says quotes the message that it is about.</param>
/// <param name="Plain">What it reads; null = unknown, because an earlier process sent it.</param>
internal sealed record LostMessage(int After, int Origin, string? Plain);

/// <summary>
/// Finds the message of a send whose answer was lost, so that it is adopted instead of sent twice. The Bot API has neither a
/// key that makes a send idempotent nor a way to read a chat, but editing a message's buttons shows it: so the numbers that the
/// message may have are tried, a button is put below each for a moment, and the answer tells whose it is (decision 0006).
/// </summary>
internal sealed class MessageFinder(TelegramChat chat, ChatIds ids, TimeProvider time, ILogger<MessageFinder> logger)
{
    /// <summary>Calls that one search may cost. The last two are for taking a mark away again.</summary>
    private const int MostCalls = 32;

    /// <summary>How long a search may take while Telegram answers: then the reply goes out without its result. So long is one call waited for, too.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>So much of a call's time counts: what was silent for longer may have been the network, which ends no search alone.</summary>
    private static readonly TimeSpan MostOfOne = Longest / 2;

    /// <summary>Telegram answers an easy question within some 50 ms; when it takes longer than this, it was out of reach until then.</summary>
    private static readonly TimeSpan AtOnce = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Numbers past the greatest one known, which may not be taken at all: as many as may be on their way at the same time. Those
    /// before it belong to a message each: the lost one, or one of another chat that this process knows nothing of, since all
    /// chats of the bot but supergroups share one sequence.
    /// </summary>
    private const int MostBeyond = 16;

    private static readonly Button[] Mark = [new("…", ButtonAction.Mark, "", null)];

    private readonly KnownMessages _known = new();

    // One search at a time in a chat: of two, each would take the other's mark for one that an ended process has left. Chats
    // share a fixed number of gates; two that meet at one only wait for each other.
    private readonly SemaphoreSlim[] _gates = [.. Enumerable.Range(0, 64).Select(_ => new SemaphoreSlim(1))];

    /// <summary>A message of the chat that is accounted for, so that no search looks at it.</summary>
    public void Note(Conversation conversation, int messageId) => _known.Note(ids.Current(conversation).ChatId, messageId);

    /// <summary>Another gateway has taken up what this one had: what it sent meanwhile may be accounted for nowhere.</summary>
    public void Forget() => _known.Clear();

    /// <summary>The greatest number that is accounted for where the chat's numbers come from; 0 = none is.</summary>
    public int Greatest(Conversation conversation) => _known.Greatest(ids.Current(conversation).ChatId);

    /// <returns>The message's number; null = the chat does not show it, or it is out of reach.</returns>
    public async Task<int?> FindAsync(Conversation conversation, LostMessage lost, CancellationToken cancellationToken)
    {
        var place = ids.Current(conversation);
        var gate = _gates[(int)((ulong)place.ChatId % (ulong)_gates.Length)];
        await gate.WaitAsync(cancellationToken);
        try
        {
            await Task.Delay(chat.BudgetOf(place).BlockedFor, time, cancellationToken);
            var search = new Search(place, cancellationToken);
            var found = await FindAsync(search, lost);
            logger.LostMessageSought(search.Calls, found is not null);
            return found;
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task<int?> FindAsync(Search search, LostMessage lost)
    {
        var chatId = search.Place.ChatId;
        var greatest = Math.Max(_known.Greatest(chatId), lost.After);
        var candidates = _known.UnknownAfter(chatId, lost.After).TakeWhile(id => id <= greatest)
            .Concat(_known.UnknownAfter(chatId, greatest).Take(MostBeyond));
        foreach (var candidate in candidates)
        {
            if (search.IsOver)
                return null;
            var (status, message) = await SetAsync(search, candidate, Mark);
            // A button that is there already was left by a process that ended in the middle of a search.
            if (status is SendResult.Shown && message is null)
                (status, message) = await SetAsync(search, candidate, []);
            if (status is SendResult.ChatGone or SendResult.Refused or SendResult.Later)
                return null;
            if (status is not SendResult.Shown)
                continue;

            await SetAsync(search, candidate, []);
            // One that is not this search's may be what another search looks for, in another topic of the chat.
            if (message is null || !IsIt(message, search.Place, lost))
                continue;
            _known.Note(chatId, candidate);
            return candidate;
        }

        return null;
    }

    private static bool IsIt(OwnMessage message, Conversation place, LostMessage lost) =>
        message.ThreadId == place.ThreadId
        && (message.ReplyTo is not { } quoted || quoted == lost.Origin)
        && (lost.Plain is null || Visible(message.Text).SequenceEqual(Visible(lost.Plain)));

    // Telegram trims white space and replaces some of it.
    private static IEnumerable<char> Visible(string text) => text.Where(c => !char.IsWhiteSpace(c) && !char.IsControl(c));

    /// <summary>At least one call, and more while Telegram cannot take it and the search is not over.</summary>
    /// <returns><see cref="SendResult.Later"/> = the search has cost enough.</returns>
    private async Task<(SendResult Status, OwnMessage? Message)> SetAsync(Search search, int messageId, IReadOnlyList<Button> buttons)
    {
        do
        {
            var asked = time.GetTimestamp();
            var (outcome, message) = await TrySetAsync(search, messageId, buttons);
            if (outcome is not { Status: SendResult.Later, Failure: null or BotApiFailureKind.NotSent })
                search.Calls++;
            if (outcome.Status is not SendResult.Later)
            {
                search.Spend(time.GetElapsedTime(asked));
                return (outcome.Status, message);
            }

            await Task.Delay(chat.BudgetOf(search.Place).BlockedFor, time, search.Cancelled);
            var took = time.GetElapsedTime(asked);
            // While Telegram cannot be reached, or takes nothing for this chat, the reply could not go out either.
            var isFree = outcome.Failure is null or BotApiFailureKind.NotSent or BotApiFailureKind.TooManyRequests;
            if (!isFree && !await WasAwayAsync(search))
                search.Spend(took);
        }
        while (!search.IsOver);

        return (SendResult.Later, null);
    }

    /// <summary>One call. One that is silent for long is given up, because its connection may be dead.</summary>
    private async Task<(CallOutcome Outcome, OwnMessage? Message)> TrySetAsync(Search search, int messageId, IReadOnlyList<Button> buttons)
    {
        using var silence = new CancellationTokenSource(Longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(search.Cancelled, silence.Token);
        try
        {
            return await chat.SetButtonsAsync(search.Place, messageId, buttons, either.Token);
        }
        catch (Exception) when (silence.IsCancellationRequested && !search.Cancelled.IsCancellationRequested)
        {
            // What it may still do, the next call with these buttons finds done.
            return (new CallOutcome(SendResult.Later, Failure: BotApiFailureKind.Unknown), null);
        }
    }

    /// <summary>
    /// Waits until Telegram answers something: while it is silent altogether, a call without an answer says nothing about the
    /// message, and what was sent after it, beside a message that is there, would be one too many.
    /// </summary>
    /// <returns>False = it answers at once: its silence was about the call.</returns>
    private async Task<bool> WasAwayAsync(Search search)
    {
        var asked = time.GetTimestamp();
        while (!await chat.AnswersAsync(search.Place, search.Cancelled))
            await Task.Delay(chat.BudgetOf(search.Place).BlockedFor, time, search.Cancelled);
        return time.GetElapsedTime(asked) > AtOnce;
    }

    private sealed class Search(Conversation place, CancellationToken cancelled)
    {
        private TimeSpan _spent;

        public Conversation Place => place;

        /// <summary>The reply is broken off: nothing else ends a search while Telegram is silent.</summary>
        public CancellationToken Cancelled => cancelled;

        public int Calls { get; set; }

        /// <summary>It has cost enough.</summary>
        public bool IsOver => Calls >= MostCalls - 2 || _spent >= Longest;

        public void Spend(TimeSpan time) => _spent += time < MostOfOne ? time : MostOfOne;
    }
}
