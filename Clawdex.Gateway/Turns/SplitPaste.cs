using Clawdex.Gateway.Services;

namespace Clawdex.Gateway.Turns;

/// <summary>
/// A long text that Telegram's clients cut into several messages, because one holds at most 4,096 characters. The parts are
/// stored as they come; they are answered once, and the model reads them as one message.
/// </summary>
internal static class SplitPaste
{
    /// <summary>How long a part waits for its continuation.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Clients cut at a convenient place near the limit.</summary>
    private const int ShortestPart = 4000;
    private const int LongestPart = 4096;

    /// <summary>Whether this is a part whose next part, which is waited for, answers for both.</summary>
    /// <param name="lane">Where that one comes.</param>
    public static async Task<bool> IsContinuedAsync(QueuedTurn part, ChatLane lane, TimeProvider time)
    {
        if (part.Turn is not { State: TurnState.Accepted, ReplyMessageIds.Count: 0, UserText.Length: >= ShortestPart })
            return false;
        var patience = Patience - time.GetElapsedTime(part.ReceivedAt);
        return await lane.PeekAsync(patience, time, lane.Abort) is { Pending: { } next } && Continues(part.Turn, next.Turn);
    }

    private static bool Continues(Turn part, Turn next) =>
        next.State is TurnState.Accepted && part.UserId == next.UserId && next.AcceptedAt - part.AcceptedAt <= Patience;

    /// <summary>Joins the parts of a split paste again.</summary>
    public static IReadOnlyList<ChatMessage> Joined(IReadOnlyList<ChatMessage> messages)
    {
        List<ChatMessage> joined = [];
        var lastLength = 0;
        foreach (var message in messages)
        {
            if (joined is [.., { Role: ChatRole.User } last] && message.Role is ChatRole.User && lastLength >= ShortestPart)
                joined[^1] = last with { Text = last.Text + Separator(lastLength) + message.Text };
            else
                joined.Add(message);
            lastLength = message.Text.Length;
        }

        return joined;
    }

    // A part of full length was cut anywhere; a shorter one at white space, which the client dropped. One that is longer holds more
    // than was typed, such as the addresses of its links: it may end with a fence, which nothing may follow.
    private static string Separator(int length) => length == LongestPart ? "" : "\n";
}
