using Clawdex.Gateway.Telegram;
using Clawdex.Gateway.Telegram.Limits;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Time.Testing;

namespace Clawdex.Gateway.Tests.Telegram;

/// <summary>What the bot as a whole may send, once Telegram has refused a call: the edits of growing answers take turns, and nothing else waits.</summary>
public sealed class BotPaceTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Nothing_waits_before_a_call_was_refused()
    {
        var pace = PaceAfter(calls: 10_000);

        Assert.All(Enumerable.Range(0, 1000), _ => Assert.Equal(TimeSpan.Zero, pace.TakeTurn()));
    }

    [Fact]
    public void After_a_refusal_edits_take_turns_at_two_thirds_of_what_was_refused()
    {
        var pace = PaceAfter(calls: 150);

        pace.Refused(Second);

        Assert.Equal(100, pace.PerSecond, 0.001);
        Assert.Equal([0, 10, 20, 30], Enumerable.Range(0, 4).Select(_ => pace.TakeTurn().TotalMilliseconds));
    }

    [Fact]
    public void Whatever_does_not_wait_puts_the_edits_off_by_its_turn_but_never_by_more_than_five_seconds()
    {
        var pace = PaceAfter(calls: 150);
        pace.Refused(Second);

        pace.Count(hadTurn: false);
        Assert.Equal(10, pace.TakeTurn().TotalMilliseconds);

        for (var i = 0; i < 10_000; i++)
            pace.Count(hadTurn: false);
        Assert.InRange(pace.TakeTurn(), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5.1));
    }

    [Fact]
    public void Refusals_in_the_time_that_one_asked_for_say_it_only_once()
    {
        var pace = PaceAfter(calls: 150);

        pace.Refused(TimeSpan.FromSeconds(3));
        _time.Advance(TimeSpan.FromSeconds(2));
        for (var i = 0; i < 150; i++)
            pace.Count(hadTurn: true);
        pace.Refused(Second);

        Assert.Equal(103, pace.PerSecond, 0.001);
    }

    [Fact]
    public void A_chat_that_is_closed_for_hours_does_not_keep_the_pace_from_learning()
    {
        var pace = PaceAfter(calls: 150);

        pace.Refused(TimeSpan.FromSeconds(13_938));
        _time.Advance(TimeSpan.FromSeconds(10));
        for (var i = 0; i < 90; i++)
            pace.Count(hadTurn: true);
        pace.Refused(Second);

        Assert.Equal(60, pace.PerSecond, 0.01);
    }

    [Fact]
    public void A_refusal_among_few_calls_is_about_a_chat()
    {
        var pace = PaceAfter(calls: 30);

        pace.Refused(Second);

        Assert.Equal(double.PositiveInfinity, pace.PerSecond);
    }

    [Fact]
    public void The_pace_grows_by_itself_and_is_forgotten_after_five_minutes()
    {
        var pace = PaceAfter(calls: 300);
        pace.Refused(Second);

        _time.Advance(TimeSpan.FromSeconds(50));
        Assert.Equal(350, pace.PerSecond, 0.001);

        _time.Advance(TimeSpan.FromSeconds(251));
        Assert.Equal(TimeSpan.Zero, pace.TakeTurn());
        Assert.Equal(TimeSpan.Zero, pace.TakeTurn());
    }

    [Fact]
    public void An_edit_waits_for_its_turn_and_the_complete_text_does_not()
    {
        var pace = PaceAfter(calls: 300);
        pace.Refused(Second);
        for (var i = 0; i < 400; i++)
            pace.TakeTurn();
        var budget = ChatBudget.For(isGroup: false, new TelegramLimits(), pace, _time);

        Assert.Equal(TimeSpan.FromSeconds(2), budget.DelayFor(CallPriority.Interim));
        Assert.Equal(TimeSpan.FromSeconds(2), budget.DelayFor(CallPriority.Interim));
        Assert.False(budget.TryTake(CallPriority.Interim));
        Assert.All([CallPriority.Reply, CallPriority.Final, CallPriority.First], priority => Assert.Equal(TimeSpan.Zero, budget.DelayFor(priority)));
        Assert.True(budget.TryTake(CallPriority.Final));
    }

    [Fact]
    public void Complete_and_first_texts_never_wait_behind_edits_and_no_answer_is_starved() => Prop.ForAll(Crowds().ToArbitrary(), load =>
    {
        var crowd = load.Start();
        for (var i = 0; i < load.Answers; i++)
            crowd.Add(i % 10, 15 + (i * 7919 % 30));
        crowd.Run(60);

        Assert.All(crowd.Answers, answer => Assert.Equal(answer.Begins, answer.FirstTriedAt));
        Assert.All(crowd.Answers, answer => Assert.InRange(
            (answer.FinalTriedAt - answer.CompletedAt - answer.BlockedAtEnd) ?? TimeSpan.MaxValue, TimeSpan.Zero, TimeSpan.FromMilliseconds(20)));
        // All of the others' turns, what does not wait, the wait that a 429 asks for, and the second after which text is due.
        var longest = TimeSpan.FromSeconds((load.Answers / BotPace.LeastPerSecond) + 5 + (2 * load.RetryAfter) + 1.5);
        Assert.All(crowd.Answers, answer => Assert.All(
            answer.Shown.Zip(answer.Shown.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, TimeSpan.Zero, longest)));
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(10));

    [Fact]
    public void The_calls_of_all_answers_together_stay_below_the_pace_that_was_learned() => Prop.ForAll(Crowds().ToArbitrary(), load =>
    {
        var crowd = load.Start();
        for (var i = 0; i < load.Answers; i++)
            crowd.Add(i % 5, 1000);
        crowd.Run(60);

        if (crowd.Paces.Count == 0)
            return;
        var learned = crowd.Paces[0].At;
        for (var from = learned + TimeSpan.FromSeconds(5); from < TimeSpan.FromSeconds(59); from += Second / 5)
        {
            // Turns that were taken are kept, so what counts is the pace from the time on when the last of them was, too.
            var kept = TimeSpan.FromSeconds(5 + (load.Answers / BotPace.LeastPerSecond));
            var pace = crowd.Paces.Where(pace => pace.At > from - kept && pace.At < from + Second).Max(pace => pace.PerSecond);
            Assert.InRange(crowd.Calls.Count(call => call.At >= from && call.At < from + Second), 0, pace + 2);
        }

        var late = crowd.Calls.Where(call => call.At > learned + TimeSpan.FromSeconds(10)).ToLookup(call => call.IsRefused);
        Assert.InRange(late[true].Count(), 0, 1 + (late[false].Count() / 20));
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(10));

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    public void So_few_answers_are_shown_as_ever_whatever_was_refused(int answers)
    {
        var free = new Crowd(limit: 1000, retryAfter: 1);
        var refused = new Crowd(limit: 1000, retryAfter: 1);
        for (var i = 0; i < answers; i++)
            (_, _) = (free.Add(i * 0.1, 20), refused.Add(i * 0.1, 20));

        free.Run(10).Run(15);
        refused.Run(10);
        refused.Pace.Refused(Second);
        refused.Run(15);

        Assert.Equal(free.Calls, refused.Calls);
    }

    private BotPace PaceAfter(int calls)
    {
        var pace = new BotPace(_time);
        for (var i = 0; i < calls; i++)
            pace.Count(hadTurn: true);
        return pace;
    }

    private static Gen<Load> Crowds() =>
        from answers in Gen.Choose(1, 250)
        from limit in Gen.Choose(40, 200)
        from retryAfter in Gen.Choose(1, 3)
        select new Load(answers, limit, retryAfter);

    private sealed record Load(int Answers, int Limit, int RetryAfter)
    {
        public Crowd Start() => new(Limit, RetryAfter);
    }
}
