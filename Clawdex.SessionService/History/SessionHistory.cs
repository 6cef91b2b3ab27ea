using System.Collections.Immutable;
using Clawdex.SessionService.Model;
using Clawdex.SessionService.Storage;

namespace Clawdex.SessionService.History;

/// <summary>
/// An immutable picture of one session: its row, the summary in force and the newest messages behind it. What replies and
/// <c>/status</c> read, without touching the disk.
/// </summary>
internal sealed record SessionHistory
{
    /// <summary>Estimated bytes of objects and pointers that each message and each session costs besides its text.</summary>
    private const int MessageOverhead = 160, SessionOverhead = 840;

    public required Session Session { get; init; }

    /// <summary>The compaction in force; null = none.</summary>
    public Compaction? Compaction { get; init; }

    /// <summary>Compactions in force or covered by one that is.</summary>
    public required int Compactions { get; init; }

    /// <summary>Turns that are not settled.</summary>
    public required int OpenTurns { get; init; }

    /// <summary>W3C traceparent of the newest message's turn; null = none.</summary>
    public string? LastTraceParent { get; init; }

    /// <summary>The model of the tail's newest answer; null = unknown, or there is none.</summary>
    public string? LastModel { get; init; }

    /// <summary>The newest messages of the context, at most <see cref="Depth"/>, oldest first.</summary>
    public required ImmutableArray<Message> Tail { get; init; }

    /// <summary>How many messages <see cref="Tail"/> may hold.</summary>
    public required int Depth { get; init; }

    /// <summary>Messages of the context: all behind the compaction, without its summary.</summary>
    public required int ContextMessages { get; init; }

    /// <summary>Estimate of <see cref="ContextMessages"/>, uncorrected.</summary>
    public required long MessageTokens { get; init; }

    /// <summary>The tail is the whole context.</summary>
    public bool IsComplete => Tail.Length == ContextMessages;

    /// <summary>The newest <paramref name="depth"/> messages, or all that there are, can be read here.</summary>
    public bool Holds(int depth) => Depth >= depth || IsComplete;

    /// <summary>Estimate of summary and messages, as the providers count for this session.</summary>
    public int ContextTokens => TokenEstimate.Correct(MessageTokens + (Compaction?.TokenCount ?? 0), Session.TokenCorrection);

    /// <summary>Estimate of the memory that this takes.</summary>
    public long Bytes =>
        SessionOverhead + (2L * (Compaction?.Summary.Length ?? 0)) + Tail.Sum(message => MessageOverhead + (2L * message.Content.Length));

    /// <summary>This history after <paramref name="change"/>; null if the change does not follow it.</summary>
    public SessionHistory? After(SessionChange.Delta change)
    {
        if (change.Session.Version != Session.Version + 1 || change.Session.Id != Session.Id)
            return null;

        var next = this with
        {
            Session = change.Session,
            OpenTurns = OpenTurns + change.OpenTurns,
            LastTraceParent = change.OpenTurns > 0 ? change.TraceParent : LastTraceParent,
        };
        if (change.Appended is not { } message)
            return next;

        var tail = Insert(message);
        return next with
        {
            Tail = tail,
            LastModel = NewestAnswer(tail) is { } answer ? (answer.Id == message.Id ? change.Model : LastModel) : null,
            ContextMessages = ContextMessages + 1,
            MessageTokens = MessageTokens + message.TokenCount,
        };
    }

    /// <summary>Null = there is none.</summary>
    public static Message? NewestAnswer(IReadOnlyList<Message> tail)
    {
        for (var i = tail.Count - 1; i >= 0; i--)
        {
            if (tail[i].Role == MessageRole.Assistant)
                return tail[i];
        }

        return null;
    }

    /// <summary>The newest <see cref="Depth"/> of the tail and <paramref name="message"/>, which is seldom not the last.</summary>
    private ImmutableArray<Message> Insert(Message message)
    {
        var place = Tail.Length;
        while (place > 0 && Tail[place - 1].Id > message.Id)
            place--;
        var tail = Tail.Insert(place, message);
        return tail.Length > Depth ? tail.RemoveAt(0) : tail;
    }
}
