using FsCheck;
using FsCheck.Fluent;

namespace Clawdex.Gateway.Tests.Replies;

/// <summary>What holds for every stream, however its chunks fall, whatever else is sent to the chat and whatever Telegram refuses.</summary>
public sealed class EditPacerProperties
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(200);

    // A second, the longest that waiting text may wait for its turn, and a millisecond for rounding.
    private static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(1001);

    [Fact]
    public void The_last_frame_is_the_whole_text() => Check(Streams(floods: true), stream =>
    {
        var timeline = stream.Start(new TelegramLimits()).Run();

        Assert.True(timeline.Loop.IsCompletedSuccessfully);
        Assert.Equal(timeline.Source.Trim(), timeline.Answer.LastOrDefault(call => call.RetryAfter == 0)?.Text ?? "");
    });

    [Fact]
    public void No_two_edits_have_equal_text() => Check(Streams(floods: false), stream =>
    {
        var texts = stream.Start(new TelegramLimits()).Run().Answer.Select(call => call.Text).ToArray();

        Assert.Equal(texts.Distinct(), texts);
    });

    [Fact]
    public void No_window_holds_more_calls_than_a_private_chats_budget() => Check(Streams(floods: true), stream =>
    {
        var limits = new TelegramLimits { ChatBurst = stream.Burst };
        AssertWindows(stream.Start(limits).Run(), burst: stream.Burst + 1, perSecond: 1);
    });

    [Fact]
    public void No_minute_holds_more_calls_than_a_group_tolerates() => Check(Streams(floods: false), stream =>
    {
        var calls = stream.Start(new TelegramLimits(), isGroup: true).Run().Calls;

        foreach (var first in calls)
            Assert.InRange(calls.Count(call => call.At >= first.At && call.At < first.At + TimeSpan.FromMinutes(1)), 0, 20);
    });

    [Fact]
    public void A_server_that_tolerates_three_calls_in_a_row_never_refuses_one_answer() => Check(Streams(floods: false), stream =>
        AssertWindows((stream with { Commands = [] }).Start(new TelegramLimits()).Run(), burst: 3, perSecond: 1));

    [Fact]
    public void Text_waits_no_longer_than_the_maximum_wait() => Check(Streams(floods: false), stream =>
        AssertWaits(stream, new TelegramLimits { ChatPerSecond = 0 }, MaxWait));

    [Fact]
    public void With_the_default_budget_text_waits_no_longer_than_the_maximum_wait_and_one_refill() => Check(Streams(floods: false), stream =>
        AssertWaits(stream with { Commands = [] }, new TelegramLimits(), MaxWait + TimeSpan.FromSeconds(1)));

    [Fact]
    public void The_first_visible_text_is_sent_at_once() => Check(Streams(floods: false), stream =>
    {
        var timeline = stream.Start(new TelegramLimits()).Run();

        Assert.Equal(timeline.Arrivals.FirstOrDefault(chunk => chunk.Visible > 0)?.At, timeline.Answer.FirstOrDefault()?.At);
    });

    [Fact]
    public void No_call_is_made_before_a_429s_deadline() => Check(Streams(floods: true), stream =>
    {
        var calls = stream.Start(new TelegramLimits()).Run().Calls;

        foreach (var (refused, next) in calls.Zip(calls.Skip(1)))
            Assert.True(next.At >= refused.At + TimeSpan.FromSeconds(refused.RetryAfter));
    });

    [Fact]
    public void Cancellation_stops_at_once() => Check(Streams(floods: true), stream =>
    {
        var timeline = (stream with { Commands = [] }).Start(new TelegramLimits());
        var stop = TimeSpan.FromMilliseconds(stream.Length / 2);
        timeline.Cancel(stop.TotalSeconds).Run();

        Assert.All(timeline.Calls, call => Assert.True(call.At <= stop));
        Assert.True(timeline.LoopEnded <= stop, $"Stopped at {stop}, ended at {timeline.LoopEnded}:\n{timeline}");
    });

    private static void AssertWindows(Timeline timeline, int burst, double perSecond)
    {
        var calls = timeline.Calls;
        for (var first = 0; first < calls.Count; first++)
        {
            for (var last = first; last < calls.Count; last++)
            {
                var allowed = burst + (perSecond * (calls[last].At - calls[first].At).TotalSeconds) + 0.001;
                Assert.True(last - first + 1 <= allowed, $"{last - first + 1} calls from {calls[first].At} to {calls[last].At}:\n{timeline}");
            }
        }
    }

    // Each visible chunk is on the screen soon after it came.
    private static void AssertWaits(Stream stream, TelegramLimits limits, TimeSpan longest)
    {
        var timeline = stream.Start(limits).Run();
        foreach (var chunk in timeline.Arrivals.Where(chunk => chunk.Visible > 0))
        {
            var shown = timeline.Answer.First(call => call.Text.Length >= chunk.Visible).At;
            Assert.True(shown - chunk.At <= longest, $"What came at {chunk.At} was shown at {shown}:\n{timeline}");
        }
    }

    private static void Check(Gen<Stream> streams, Action<Stream> property) =>
        Prop.ForAll(streams.ToArbitrary(), property).Check(Runs);

    private static Gen<Stream> Streams(bool floods) =>
        from gaps in Gen.Elements(5, 40, 200, 450, 900, 3000).SelectMany(mean => Gen.Choose(0, 2 * mean).Select(gap => gap).ListOf())
        from sizes in Gen.Frequency((8, Gen.Choose(1, 30)), (1, Gen.Choose(50, 400)), (1, Gen.Constant(0))).ListOf(gaps.Count)
        from end in Gen.Elements(0, 1, 300, 2000)
        from commands in Gen.Choose(0, 20_000).ListOf()
        from calls in Gen.Choose(1, 12).ListOf(floods ? 3 : 0)
        from seconds in Gen.Choose(1, 20).ListOf(3)
        from burst in Gen.Choose(1, 6)
        select new Stream([.. gaps], [.. sizes], end, [.. commands.Take(4)], [.. calls.Distinct().Order().Zip(seconds)], burst);

    /// <summary>Chunks by the gap before each, in milliseconds, and their size; 0 = white space.</summary>
    private sealed record Stream(int[] Gaps, int[] Sizes, int End, int[] Commands, (int Call, int Seconds)[] Floods, int Burst)
    {
        public int Length => Gaps.Sum() + End;

        public Timeline Start(TelegramLimits limits, bool isGroup = false)
        {
            var timeline = new Timeline(limits, isGroup);
            var at = 0;
            foreach (var (gap, size) in Gaps.Zip(Sizes))
                timeline.Chunk((at += gap) / 1000.0, size == 0 ? " \n" : new string((char)('a' + (at % 26)), size));
            foreach (var (number, command) in Commands.Index())
                timeline.Command(command / 1000.0, $"reply {number}");
            foreach (var (call, seconds) in Floods)
                timeline.Flood(call, seconds);

            return timeline.End((at + End) / 1000.0);
        }
    }
}
