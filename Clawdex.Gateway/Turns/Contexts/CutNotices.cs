namespace Clawdex.Gateway.Turns.Contexts;

/// <summary>
/// Which conversations have read that the model no longer sees their beginning. Each reads it once, below an answer, until the
/// whole of it fits again. What was said is not stored: after a restart it may be said once more.
/// </summary>
internal sealed class CutNotices
{
    private const int MostRemembered = 10_000;

    /// <summary>The turn of a conversation that is seen as a whole.</summary>
    private const long None = 0;

    private readonly RecentMap<Conversation, long> _told = new(MostRemembered);

    /// <summary>Whether the answer of this turn says so; a turn that is answered once more says the same.</summary>
    public bool IsNews(Conversation conversation, long turnId, bool isCut)
    {
        if (!_told.TryGet(conversation, out var told))
            told = None;
        if (isCut == (told != None))
            return told == turnId;
        _told.Set(conversation, isCut ? turnId : None);
        return isCut;
    }
}
