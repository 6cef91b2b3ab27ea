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
    /// <summary>Calls that one search may cost.</summary>
    private const int MostCalls = 32;

    /// <summary>How long a search may take while Telegram takes calls: then the reply goes out without its result.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

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
            using var clock = new CancellationTokenSource(Longest, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, clock.Token);
            var search = new Search(place, clock, either.Token);
            int? found = null;
            try
            {
                found = await FindAsync(search, lost);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // It has taken too long.
            }

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

    /// <returns><see cref="SendResult.Later"/> = the search has cost enough.</returns>
    private async Task<(SendResult Status, OwnMessage? Message)> SetAsync(Search search, int messageId, IReadOnlyList<Button> buttons)
    {
        while (search.Calls < MostCalls)
        {
            var (outcome, message) = await chat.SetButtonsAsync(search.Place, messageId, buttons, search.InTime);
            if (outcome is not { Status: SendResult.Later, Failure: null or BotApiFailureKind.NotSent })
                search.Calls++;
            if (outcome.Status is not SendResult.Later)
                return (outcome.Status, message);

            // While Telegram cannot be reached, or takes nothing for this chat, the reply could not go out either.
            var isFree = outcome.Failure is BotApiFailureKind.NotSent or BotApiFailureKind.TooManyRequests;
            if (isFree)
                search.Clock.CancelAfter(Timeout.InfiniteTimeSpan);
            await Task.Delay(chat.BudgetOf(search.Place).BlockedFor, time, search.InTime);
            if (isFree)
                search.Clock.CancelAfter(Longest);
        }

        return (SendResult.Later, null);
    }

    private sealed class Search(Conversation place, CancellationTokenSource clock, CancellationToken inTime)
    {
        public Conversation Place => place;

        public CancellationTokenSource Clock => clock;

        /// <summary>Ends the search when it has taken too long.</summary>
        public CancellationToken InTime => inTime;

        public int Calls { get; set; }
    }
}
