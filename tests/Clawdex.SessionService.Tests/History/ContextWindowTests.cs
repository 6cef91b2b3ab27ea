using System.Collections.Immutable;
using Clawdex.SessionService.History;
using Clawdex.SessionService.Model;

namespace Clawdex.SessionService.Tests.History;

public sealed class ContextWindowTests
{
    private static readonly ContextLimits Unlimited = new(Window: 0, Percent: 80, MaxMessages: 50);

    [Fact]
    public void What_fits_is_sent_as_it_is()
    {
        var context = ContextWindow.Fit(Messages("u10", "a10", "u10"), summary: null, systemPrompt: "12345678", correction: 1, Unlimited);

        Assert.Equal(["u10", "a10", "u10"], Names(context));
        Assert.Equal((0, 32), (context.DroppedMessages, context.EstimatedTokens));
    }

    [Fact]
    public void What_is_more_than_a_message_between_services_may_hold_is_left_out_whatever_the_window()
    {
        var large = new string('語', 1_000_000); // 3 MB of UTF-8.
        ImmutableArray<Message> messages = [.. Enumerable.Range(0, 31).Select(i => Messages(i % 2 == 0 ? "u10" : "a10")[0] with { Content = large })];

        var context = ContextWindow.Fit(messages, summary: null, systemPrompt: "", correction: 1, Unlimited);

        Assert.InRange(context.Messages.Sum(message => 3L * message.Content.Length), 50_000_000, 60_000_000);
        Assert.Equal(31, context.Messages.Length + context.DroppedMessages);
        Assert.Equal(MessageRole.User, context.Messages[0].Role);
    }

    [Fact]
    public void The_oldest_go_first_and_are_counted()
    {
        var context = Fit("u40 a40 u10 a10 u10", window: 100, percent: 50);

        Assert.Equal(["u10", "a10", "u10"], Names(context));
        Assert.Equal((2, 30), (context.DroppedMessages, context.EstimatedTokens));
    }

    [Fact]
    public void An_answer_never_comes_without_its_question()
    {
        var context = Fit("u40 a10 u10", window: 50, percent: 100);

        Assert.Equal(["u10"], Names(context));
        Assert.Equal((2, 10), (context.DroppedMessages, context.EstimatedTokens));
    }

    [Fact]
    public void The_newest_user_message_stays_whatever_it_costs()
    {
        var context = Fit("u10 a10 u500", window: 100, percent: 80);

        Assert.Equal(["u500"], Names(context));
        Assert.Equal(500, context.EstimatedTokens);
    }

    [Fact]
    public void What_follows_the_newest_user_message_stays_with_it()
    {
        var context = Fit("u10 a10 u60 a60", window: 100, percent: 80);

        Assert.Equal(["u60", "a60"], Names(context));
    }

    [Fact]
    public void The_system_prompt_takes_its_share()
    {
        var messages = Messages("u10", "a10", "u10");
        var limits = new ContextLimits(Window: 40, Percent: 100, MaxMessages: 50);

        Assert.Equal(3, ContextWindow.Fit(messages, null, new string('x', 40), 1, limits).Messages.Length);
        Assert.Single(ContextWindow.Fit(messages, null, new string('x', 44), 1, limits).Messages);
    }

    [Fact]
    public void A_smaller_window_takes_less_of_the_same_history()
    {
        const string history = "u100 a100 u100 a100 u100 a100 u100";

        Assert.Equal(7, Fit(history, window: 1000, percent: 80).Messages.Length);
        Assert.Equal(3, Fit(history, window: 500, percent: 80).Messages.Length);
        Assert.Single(Fit(history, window: 200, percent: 80).Messages);
    }

    [Fact]
    public void A_session_whose_tokens_are_dearer_than_estimated_is_cut_earlier()
    {
        var messages = Messages("u10", "a10", "u10");
        var limits = new ContextLimits(Window: 40, Percent: 100, MaxMessages: 50);

        var context = ContextWindow.Fit(messages, null, "", correction: 2, limits);

        Assert.Equal(["u10"], Names(context));
        Assert.Equal((2, 20), (context.DroppedMessages, context.EstimatedTokens));
    }

    [Fact]
    public void Only_the_newest_messages_are_looked_at_and_the_others_do_not_count_as_dropped()
    {
        var limits = Unlimited with { MaxMessages = 4 };

        var context = ContextWindow.Fit(Messages("u10", "a10", "u10", "a10", "u10"), null, "", 1, limits);

        Assert.Equal(["u10", "a10", "u10"], Names(context));
        Assert.Equal((0, 30), (context.DroppedMessages, context.EstimatedTokens));
    }

    [Fact]
    public void A_summary_outlives_the_messages_behind_it_but_not_the_newest_user_message()
    {
        var summary = Summary(30);

        var cut = ContextWindow.Fit(Messages("u40", "a40", "u10"), summary, "", 1, new ContextLimits(50, 100, 50));
        Assert.Equal((summary, 2), (cut.Summary, cut.DroppedMessages));

        var gone = ContextWindow.Fit(Messages("u40", "a40", "u30"), summary, "", 1, new ContextLimits(50, 100, 50));
        Assert.Equal((null, 3), (gone.Summary, gone.DroppedMessages));
    }

    [Fact]
    public void Without_messages_there_is_nothing_to_cut()
    {
        var context = ContextWindow.Fit([], null, "1234", 1, new ContextLimits(10, 80, 50));

        Assert.Equal((0, 0, 1), (context.Messages.Length, context.DroppedMessages, context.EstimatedTokens));
    }

    private static FittedContext Fit(string messages, int window, int percent) =>
        ContextWindow.Fit(Messages(messages.Split(' ')), null, "", 1, new ContextLimits(window, percent, MaxMessages: 50));

    /// <summary>"u10" is a user's message of 10 tokens, "a10" an assistant's.</summary>
    private static ImmutableArray<Message> Messages(params string[] names) =>
    [
        .. names.Select((name, index) => new Message
        {
            Id = index + 1,
            SessionId = 1,
            Role = name[0] == 'u' ? MessageRole.User : MessageRole.Assistant,
            Content = name,
            TokenCount = int.Parse(name[1..], System.Globalization.CultureInfo.InvariantCulture),
            InsertedAt = default,
        }),
    ];

    private static Compaction Summary(int tokens) => new()
    {
        SessionId = 1,
        Summary = "summary",
        TokenCount = tokens,
        FirstMessageId = 1,
        LastMessageId = 1,
        InsertedAt = default,
    };

    private static IEnumerable<string> Names(FittedContext context) => context.Messages.Select(message => message.Content);
}
