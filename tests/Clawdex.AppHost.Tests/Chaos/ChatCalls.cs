using Clawdex.TelegramEmulator.Control;

namespace Clawdex.AppHost.Tests.Chaos;

/// <summary>What the bot called in one chat beside the sends and edits of its answers.</summary>
internal static class ChatCalls
{
    /// <summary>
    /// Calls in a chat that merely waited: a message is looked for, or taken away, though nothing of an answer can have been sent.
    /// A chat begins to wait with a message that comes when all before are answered, until it sees that the bot is typing or writes.
    /// What the chat shows as answered may be open in the store still: then the bot looks for that answer, and goes on with it.
    /// </summary>
    /// <param name="questionOf">Which of the chat's messages answers which question, when all is over.</param>
    public static IReadOnlyList<string> Needless(IReadOnlyDictionary<int, int> questionOf, IReadOnlyList<TimelineEntry> timeline)
    {
        Dictionary<int, long> doneAt = [];
        foreach (var entry in timeline.Where(entry => entry is { Ok: true, Kind: TimelineKind.Send or TimelineKind.Edit }))
        {
            if (entry.MessageId is { } id && questionOf.TryGetValue(id, out var question))
                doneAt[question] = entry.Sequence;
        }

        List<string> needless = [];
        var (asked, mayHaveBegun) = (0, false);
        foreach (var (index, entry) in timeline.Index())
        {
            switch (entry.Kind)
            {
                case TimelineKind.UserMessage:
                    mayHaveBegun &= !Enumerable.Range(0, asked).All(question => doneAt.GetValueOrDefault(question, long.MaxValue) < entry.Sequence);
                    asked++;
                    break;
                case TimelineKind.ChatAction or TimelineKind.Send or TimelineKind.Edit:
                    mayHaveBegun = true;
                    break;
                case TimelineKind.EditMarkup or TimelineKind.Delete when !mayHaveBegun && !GoesOnWithAnAnswer(index):
                    needless.Add($"{entry.Method} of {entry.MessageId} at {entry.Time:HH:mm:ss.fff} in a chat that waited");
                    break;
            }
        }

        return needless;

        // Whether what the bot tries to write next is an answer that was complete before, whatever becomes of it.
        bool GoesOnWithAnAnswer(int index) =>
            timeline.Skip(index + 1).FirstOrDefault(entry => entry.Kind is TimelineKind.Send or TimelineKind.Edit) is { MessageId: { } id }
            && questionOf.TryGetValue(id, out var question)
            && doneAt.GetValueOrDefault(question, long.MaxValue) < timeline[index].Sequence;
    }
}
