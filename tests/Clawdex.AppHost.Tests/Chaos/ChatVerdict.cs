using System.Text.RegularExpressions;

namespace Clawdex.AppHost.Tests.Chaos;

/// <summary>A message that a user sent, and what must stand in the chat for it.</summary>
/// <param name="HasFailed">
/// Whether the model ever failed on purpose to answer it. If its service was killed right before, between the answer's last word
/// and the mark of its end, nobody knows that the text is complete: then it may have a notice below it.
/// </param>
internal sealed record AskedQuestion(string Tag, int MessageId, string Answer, bool HasFailed = false);

/// <summary>One of the bot's messages as the chat shows it.</summary>
internal sealed record ShownMessage(int Id, string Text, int? ReplyTo = null);

internal enum Finding
{
    /// <summary>Nothing stands in the chat for a question.</summary>
    Lost,

    /// <summary>An answer or a notice stands there twice.</summary>
    Duplicate,

    /// <summary>Part of an answer, and nothing that says why.</summary>
    HalfWritten,

    /// <summary>Something beside a complete answer, or something that belongs to no question.</summary>
    Leftover,

    /// <summary>An answer above the one to an earlier question.</summary>
    OutOfOrder,

    /// <summary>A call in a chat that merely waited.</summary>
    NeedlessCall,
}

/// <summary>
/// Whether a chat is as it must be when all is quiet: for each question, in the order of the questions, exactly one complete
/// answer or exactly one notice. Looks at nothing but what a user sees.
/// </summary>
/// <param name="QuestionOf">Which question, counted from 0, each of the messages stands for.</param>
/// <param name="Noticed">Tags of the questions that ended with a notice.</param>
/// <param name="Findings">What must not be; the text says where.</param>
internal sealed partial record ChatVerdict(
    int Answers, IReadOnlyList<string> Noticed, IReadOnlyList<(Finding Finding, string Where)> Findings, IReadOnlyDictionary<int, int> QuestionOf)
{
    /// <summary>How the notice begins that says that a message cannot be stored yet.</summary>
    private const string Waiting = "⏳ I cannot store messages right now.";

    private const string WaitingForStore = "⏳ I cannot reach the conversation store right now and am waiting for it to come back…";

    public static ChatVerdict Of(IReadOnlyList<AskedQuestion> asked, IReadOnlyList<ShownMessage> shown)
    {
        List<(Finding, string)> findings = [];
        var shares = asked.Select(question => new Share(question)).ToList();
        Dictionary<int, int> questionOf = [];
        var last = -1;
        // A gateway that was killed while the store was away leaves this notice behind, and no later one looks for it: two faults
        // at once are not worth a search of every chat at every start.
        foreach (var message in shown.Select(WithoutRemark).Where(message => message.Text.Length > 0 && !message.Text.StartsWith(Waiting, StringComparison.Ordinal)).OrderBy(message => message.Id))
        {
            var (body, hasNotice) = Split(message.Text);
            var index = IndexOf(body, message, shares, last);
            if (index is not { } at || (body.Length == 0 && !hasNotice))
            {
                findings.Add((Finding.Leftover, $"{message.Id} \"{message.Text}\" belongs to no question"));
                continue;
            }

            if (at < last)
                findings.Add((Finding.OutOfOrder, $"{message.Id} answers {asked[at].Tag} below the answer to {asked[last].Tag}"));
            last = Math.Max(last, at);
            questionOf[message.Id] = at;
            if (body.Length > 0)
                shares[at].Pieces.Add(body);
            shares[at].Notices += hasNotice ? 1 : 0;
        }

        findings.AddRange(shares.SelectMany(share => share.Judge()));
        return new ChatVerdict(
            shares.Count(share => share.IsAnswered),
            [.. shares.Where(share => share is { IsAnswered: false, Notices: > 0 }).Select(share => share.Question.Tag)],
            findings,
            questionOf);
    }

    /// <summary>
    /// Which question a message stands for: the one whose tag it holds, the one that it replies to, the next one when it was cut
    /// in the middle of its tag, the one above when it goes on where that one's text ends, else the one after it.
    /// </summary>
    private static int? IndexOf(string body, ShownMessage message, IReadOnlyList<Share> shares, int last)
    {
        if (ChaosAnswer.TagIn(body) is { } tag)
            return Find(question => question.Tag == tag);
        if (message.ReplyTo is { } questionId)
            return Find(question => question.MessageId == questionId);
        if (body.Length > 0 && last + 1 < shares.Count && Bare(shares[last + 1].Question.Answer).StartsWith(body, StringComparison.Ordinal))
            return last + 1;
        if (body.Length > 0)
            return last >= 0 && Bare(shares[last].Question.Answer).Contains(body, StringComparison.Ordinal) ? last : null;
        if (last >= 0 && shares[last] is { IsAnswered: false, Notices: 0, Pieces.Count: > 0 })
            return last;
        return last + 1 < shares.Count ? last + 1 : null;

        int? Find(Func<AskedQuestion, bool> wanted) =>
            shares.Index().Where(entry => wanted(entry.Item.Question)).Select(entry => (int?)entry.Index).FirstOrDefault();
    }

    /// <summary>
    /// Once in a long conversation, a line says that its beginning is left out. And a gateway that dies when the store has just
    /// noted a complete answer, after a while that the chat was told of, leaves that line: two faults at once, again.
    /// </summary>
    private static ShownMessage WithoutRemark(ShownMessage message) =>
        message with { Text = Remark().Replace(message.Text.Replace($"\n\n{WaitingForStore}", "", StringComparison.Ordinal), "").TrimEnd() };

    [GeneratedRegex(@"(?:(?<=\n)|^)📜 [^\n]+(?:\n|$)")]
    private static partial Regex Remark();

    private static (string Body, bool HasNotice) Split(string text)
    {
        var notice = Notice().Match(text);
        return (Bare(notice.Success ? text[..notice.Index] : text), notice.Success);
    }

    /// <summary>White space at the border of two messages is not part of either.</summary>
    private static string Bare(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));

    /// <summary>The bot's own sentence about an answer that is not complete, alone or below the text.</summary>
    [GeneratedRegex(@"(?:^|\n\n)⚠️ [^\n]+$")]
    private static partial Regex Notice();

    /// <summary>What stands in the chat for one question.</summary>
    private sealed class Share(AskedQuestion question)
    {
        private readonly string _answer = Bare(question.Answer);

        public AskedQuestion Question => question;

        public List<string> Pieces { get; } = [];

        public int Notices { get; set; }

        public bool IsAnswered => CompleteFrom() is not null;

        public IEnumerable<(Finding, string)> Judge()
        {
            if (CompleteFrom() is { } complete)
            {
                if (Notices > (question.HasFailed ? 1 : 0))
                    yield return (Finding.Leftover, $"{question.Tag} is answered and has a notice");
                foreach (var extra in Pieces.Take(complete.Start).Concat(Pieces.Skip(complete.End)))
                    yield return (extra.Length >= _answer.Length / 2 ? Finding.Duplicate : Finding.Leftover, $"{question.Tag} is answered and also has \"{extra}\"");
            }
            else if (Notices > 1)
            {
                yield return (Finding.Duplicate, $"{question.Tag} has {Notices} notices");
            }
            else if (Pieces.Count > 0 && (Notices == 0 || !IsBeginning(string.Concat(Pieces))))
            {
                yield return (Finding.HalfWritten, $"{question.Tag} has only \"{string.Join("\" and \"", Pieces)}\"");
            }
            else if (Pieces.Count == 0 && Notices == 0)
            {
                yield return (Finding.Lost, $"{question.Tag} has nothing");
            }
        }

        /// <summary>Markup that was cut before its end shows as the signs that it is made of.</summary>
        private bool IsBeginning(string text) => _answer.StartsWith(text.Replace("*", "", StringComparison.Ordinal).Replace("`", "", StringComparison.Ordinal), StringComparison.Ordinal);

        /// <summary>The pieces that are the whole answer, one behind the other; null = there are none.</summary>
        private (int Start, int End)? CompleteFrom()
        {
            for (var start = Pieces.Count - 1; start >= 0; start--)
            {
                var end = start;
                for (var at = 0; end < Pieces.Count && at < _answer.Length && string.CompareOrdinal(_answer, at, Pieces[end], 0, Pieces[end].Length) == 0; end++)
                {
                    at += Pieces[end].Length;
                    if (at == _answer.Length)
                        return (start, end + 1);
                }
            }

            return null;
        }
    }
}
