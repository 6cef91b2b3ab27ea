using Clawdex.TelegramEmulator.Control;

namespace Clawdex.AppHost.Tests.Chaos;

/// <summary>A check that finds nothing proves nothing: each thing that must not be is shown to it here.</summary>
public sealed class ChatVerdictTests
{
    private const string Notice = "⚠️ The connection to the model broke before the answer was complete. (ref 1234abcd)";

    private static readonly AskedQuestion[] Asked =
    [
        new("c01n000", 10, "c01n000.0 one two three"),
        new("c01n001", 11, "c01n001.0 four five\n\nc01n001.1 six seven\n\neight nine"),
        new("c01n002", 12, "c01n002.0 ten"),
    ];

    [Fact]
    public void One_complete_answer_each_is_as_it_must_be()
    {
        var verdict = Judge("c01n000.0 one two three", "c01n001.0 four five\n\nc01n001.1 six", "seven\n\neight nine", "c01n002.0 ten");

        Assert.Empty(verdict.Findings);
        Assert.Equal((3, 0), (verdict.Answers, verdict.Noticed.Count));
    }

    [Fact]
    public void One_notice_instead_of_an_answer_or_below_its_beginning_is_as_it_must_be()
    {
        var verdict = Judge(Notice, $"c01n001.0 four five\n\nc01n001.1 **si\n\n{Notice}", "c01n002.0 ten");

        Assert.Empty(verdict.Findings);
        Assert.Equal((1, "c01n000 c01n001"), (verdict.Answers, string.Join(' ', verdict.Noticed)));
    }

    [Fact]
    public void A_notice_below_a_complete_answer_is_as_it_must_be_if_its_end_was_lost_and_the_model_failed_then()
    {
        AskedQuestion[] asked = [new("c01n002", 12, "c01n002.0 ten", HasFailed: true)];

        Assert.Empty(ChatVerdict.Of(asked, [new ShownMessage(20, $"c01n002.0 ten\n\n{Notice}")]).Findings);
        Assert.Single(ChatVerdict.Of(asked, [new ShownMessage(20, $"c01n002.0 ten\n\n{Notice}"), new ShownMessage(21, Notice, 12)]).Findings);
    }

    [Fact]
    public void A_notice_below_half_a_tag_belongs_to_the_next_question()
    {
        var verdict = Judge("c01n000.0 one two three", $"c01n0\n\n{Notice}", "c01n002.0 ten");

        Assert.Empty(verdict.Findings);
        Assert.Equal(["c01n001"], verdict.Noticed);
    }

    [Fact]
    public void A_notice_in_a_message_of_its_own_below_the_text_is_as_it_must_be()
    {
        var verdict = Judge(
            new ShownMessage(20, "c01n000.0 one two", 10), new ShownMessage(21, Notice, 10),
            new ShownMessage(22, "c01n001.0 four five c01n001.1 six seven eight nine", 11), new ShownMessage(23, "c01n002.0 ten", 12));

        Assert.Empty(verdict.Findings);
    }

    [Theory]
    [InlineData(Finding.Lost, "c01n000.0 one two three", "c01n001.0 four five c01n001.1 six seven eight nine")]
    [InlineData(Finding.Duplicate, "c01n000.0 one two three", "c01n000.0 one two three", "c01n001.0 four five c01n001.1 six seven eight nine", "c01n002.0 ten")]
    [InlineData(Finding.Duplicate, "c01n000.0 one two three", "c01n001.0 four five c01n001.1 six seven eight", "c01n001.0 four five c01n001.1 six seven eight nine", "c01n002.0 ten")]
    [InlineData(Finding.Leftover, "c01n000.0", "c01n000.0 one two three", "c01n001.0 four five c01n001.1 six seven eight nine", "c01n002.0 ten")]
    [InlineData(Finding.Leftover, "c01n000.0 one two three", "…", "c01n001.0 four five c01n001.1 six seven eight nine", "c01n002.0 ten")]
    [InlineData(Finding.Leftover, "⏸ I am being restarted and will finish this answer right after.", "c01n000.0 one two three", "c01n001.0 four five c01n001.1 six seven eight nine", "c01n002.0 ten")]
    [InlineData(Finding.Leftover, Notice, "c01n000.0 one two three", "c01n001.0 four five c01n001.1 six seven eight nine", "c01n002.0 ten")]
    [InlineData(Finding.Leftover, "c01n000.0 one two three\n\n" + Notice, "c01n001.0 four five c01n001.1 six seven eight nine", "c01n002.0 ten")]
    [InlineData(Finding.HalfWritten, "c01n000.0 one two", "c01n001.0 four five c01n001.1 six seven eight nine", "c01n002.0 ten")]
    [InlineData(Finding.HalfWritten, "c01n000.0 one two three", "c01n001.0 four five", "eight nine", "c01n002.0 ten")]
    [InlineData(Finding.HalfWritten, "c01n000.0 one two three", "c01n001.0 four five c01n001.1 seven\n\n" + Notice, "c01n002.0 ten")]
    [InlineData(Finding.HalfWritten, "c01n000.0 one twO three", "c01n001.0 four five c01n001.1 six seven eight nine", "c01n002.0 ten")]
    [InlineData(Finding.OutOfOrder, "c01n000.0 one two three", "c01n002.0 ten", "c01n001.0 four five c01n001.1 six seven eight nine")]
    internal void What_must_not_be_is_found(Finding expected, params string[] shown)
    {
        var verdict = Judge(shown);

        Assert.Equal(expected, Assert.Single(verdict.Findings).Finding);
    }

    [Fact]
    public void Two_notices_for_one_question_are_found()
    {
        var verdict = Judge(new ShownMessage(20, Notice, 10), new ShownMessage(21, Notice, 10), new ShownMessage(22, Notice, 11), new ShownMessage(23, Notice, 12));

        Assert.Equal(Finding.Duplicate, Assert.Single(verdict.Findings).Finding);
    }

    [Fact]
    public void An_answer_to_a_question_that_nobody_asked_is_found()
    {
        var verdict = ChatVerdict.Of([], [new ShownMessage(20, "c01n000.0 one two three")]);

        Assert.Equal(Finding.Leftover, Assert.Single(verdict.Findings).Finding);
    }

    [Fact]
    public void A_notice_that_a_message_waits_may_be_left_behind()
    {
        var verdict = Judge(
            new ShownMessage(20, "⏳ I cannot store messages right now. Yours is not lost: it waits at Telegram.", 10), new ShownMessage(21, "c01n000.0 one two three"),
            new ShownMessage(22, "c01n001.0 four five c01n001.1 six seven eight nine"), new ShownMessage(23, "c01n002.0 ten"));

        Assert.Empty(verdict.Findings);
    }

    [Fact]
    public void A_search_in_a_chat_that_only_waited_is_found()
    {
        IReadOnlyList<TimelineEntry> timeline =
        [
            Entry(1, TimelineKind.UserMessage, 10), Entry(2, TimelineKind.EditMarkup, 11), Entry(3, TimelineKind.ChatAction, null),
            Entry(4, TimelineKind.UserMessage, 12), Entry(5, TimelineKind.EditMarkup, 13), Entry(6, TimelineKind.Send, 20), Entry(7, TimelineKind.Send, 21),
            Entry(8, TimelineKind.Delete, 22), Entry(9, TimelineKind.UserMessage, 30), Entry(10, TimelineKind.Delete, 21), Entry(11, TimelineKind.Send, 31),
        ];

        var needless = ChatCalls.Needless(new Dictionary<int, int> { [20] = 0, [21] = 1, [31] = 2 }, timeline);

        Assert.Collection(
            needless,
            call => Assert.StartsWith("EditMarkup of 11 ", call, StringComparison.Ordinal),
            call => Assert.StartsWith("Delete of 21 ", call, StringComparison.Ordinal));
    }

    /// <summary>A gateway that starts again takes up a turn whose answer the chat shows and the store does not know: it looks for its messages, and edits.</summary>
    [Theory]
    [InlineData(TimelineKind.Edit, 20, 0)]
    [InlineData(TimelineKind.Edit, 31, 2)]
    [InlineData(TimelineKind.Send, null, 2)]
    public void A_search_is_judged_by_the_answer_that_the_bot_goes_on_with(TimelineKind next, int? messageId, int needless)
    {
        IReadOnlyList<TimelineEntry> timeline =
        [
            Entry(1, TimelineKind.UserMessage, 10), Entry(2, TimelineKind.ChatAction, null), Entry(3, TimelineKind.Send, 20), Entry(4, TimelineKind.UserMessage, 30),
            Entry(5, TimelineKind.EditMarkup, 20), Entry(6, TimelineKind.EditMarkup, 20), Entry(7, next, messageId) with { Ok = false }, Entry(8, TimelineKind.Send, 31),
        ];

        Assert.Equal(needless, ChatCalls.Needless(new Dictionary<int, int> { [20] = 0, [31] = 1 }, timeline).Count);
    }

    [Theory]
    [InlineData("c03n014")]
    [InlineData("c19n001")]
    public void An_answer_follows_from_its_question_alone_and_its_chunks_are_the_whole_of_it(string tag)
    {
        var (first, second) = (ChaosAnswer.To(tag), ChaosAnswer.To(tag));

        Assert.Equal(first.Markdown, second.Markdown);
        Assert.Equal(first.Chunks, second.Chunks);
        Assert.Equal(first.Markdown, string.Concat(first.Chunks));
        Assert.Equal(tag, ChaosAnswer.TagIn(first.Visible));
        Assert.Equal(first.Visible, first.Markdown.Replace("**", "", StringComparison.Ordinal).Replace("`", "", StringComparison.Ordinal));
    }

    private static TimelineEntry Entry(long sequence, TimelineKind kind, int? messageId) =>
        new() { ChatId = 1, Sequence = sequence, Kind = kind, MessageId = messageId, Method = kind.ToString() };

    private static ChatVerdict Judge(params string[] shown) => Judge([.. shown.Select((text, index) => new ShownMessage(20 + index, text))]);

    private static ChatVerdict Judge(params ShownMessage[] shown) => ChatVerdict.Of(Asked, shown);
}
