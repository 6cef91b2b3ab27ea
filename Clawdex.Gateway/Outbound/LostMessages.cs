namespace Clawdex.Gateway.Outbound;

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
internal sealed class LostMessages(TelegramChat chat, KnownMessages known, ChatIds ids, TimeProvider time, ILogger<LostMessages> logger)
{
    /// <summary>
    /// Numbers up to the greatest one known belong to a message each: the lost one, or one of another chat that this process
    /// knows nothing of, since all chats of the bot but supergroups share one sequence. There are few, unless an earlier process
    /// said much in its last seconds.
    /// </summary>
    private const int MostGaps = 64;

    /// <summary>Numbers past that, which may not be taken at all: as many as may be on their way at the same time.</summary>
    private const int MostBeyond = 16;

    private static readonly Button[] Mark = [new("…", "probe")];

    // One search at a time in a chat: of two, each would take the other's mark for one that an ended process has left. Chats
    // share a fixed number of gates; two that meet at one only wait for each other.
    private readonly SemaphoreSlim[] _gates = [.. Enumerable.Range(0, 64).Select(_ => new SemaphoreSlim(1))];

    /// <returns>The message's number; null = the chat does not show it, or it is out of reach.</returns>
    public async Task<int?> FindAsync(Conversation conversation, LostMessage lost, CancellationToken cancellationToken)
    {
        var place = ids.Current(conversation);
        var gate = _gates[(int)((ulong)place.ChatId % (ulong)_gates.Length)];
        await gate.WaitAsync(cancellationToken);
        try
        {
            return await SearchAsync(place, lost, cancellationToken);
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task<int?> SearchAsync(Conversation place, LostMessage lost, CancellationToken cancellationToken)
    {
        var probes = 0;
        int? found = null;
        foreach (var candidate in Candidates(place.ChatId, lost.After))
        {
            probes++;
            var (status, message) = await SetAsync(place, candidate, Mark, cancellationToken);
            // A button that is there already was left by a process that ended in the middle of a search.
            if (status is CallStatus.Done && message is null)
                (status, message) = await SetAsync(place, candidate, [], cancellationToken);
            if (status is CallStatus.ChatGone or CallStatus.Refused)
                break;
            if (status is not CallStatus.Done)
                continue;

            await SetAsync(place, candidate, [], cancellationToken);
            // One that is not this search's may be what another search looks for, in another topic of the chat.
            if (message is not null && IsIt(message, place, lost))
            {
                known.Note(place.ChatId, candidate);
                found = candidate;
                break;
            }
        }

        logger.LostMessageSought(probes, found is not null);
        return found;
    }

    private IEnumerable<int> Candidates(long chatId, int after)
    {
        var greatest = Math.Max(known.Greatest(chatId), after);
        return known.UnknownAfter(chatId, after).TakeWhile(id => id <= greatest).Take(MostGaps)
            .Concat(known.UnknownAfter(chatId, greatest).Take(MostBeyond));
    }

    private static bool IsIt(OwnMessage message, Conversation place, LostMessage lost) =>
        message.ThreadId == place.ThreadId
        && (message.ReplyTo is not { } quoted || quoted == lost.Origin)
        && (lost.Plain is null || Visible(message.Text).SequenceEqual(Visible(lost.Plain)));

    // Telegram trims white space and replaces some of it.
    private static IEnumerable<char> Visible(string text) => text.Where(c => !char.IsWhiteSpace(c) && !char.IsControl(c));

    private async Task<(CallStatus Status, OwnMessage? Message)> SetAsync(
        Conversation place, int messageId, IReadOnlyList<Button> buttons, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await chat.SetButtonsAsync(place, messageId, buttons, cancellationToken);
            if (result.Status is not CallStatus.Later)
                return result;
            await Task.Delay(chat.BudgetOf(place).BlockedFor, time, cancellationToken);
        }
    }
}
