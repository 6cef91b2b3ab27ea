using Clawdex.Gateway.Telegram;
using Microsoft.Extensions.Time.Testing;

namespace Clawdex.Gateway.Tests.Updates;

public sealed class BackoffTests
{
    private static readonly BotApiFailure Conflict = new(BotApiFailureKind.Conflict, 409, "");

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_poller_whose_turn_has_just_come_asks_again_every_second()
    {
        var pauses = new Backoff(_time);

        for (var i = 0; i < 30; i++)
            Assert.InRange(PauseAfterConflict(pauses), 1, 1.5);
    }

    [Fact]
    public void A_poller_that_meets_another_yields_for_longer_each_time_even_if_it_got_through_in_between()
    {
        var pauses = AfterTakeOver();

        foreach (var (least, most) in ((double, double)[])[(3, 4.5), (6, 9), (12, 18), (24, 36), (30, 45), (30, 45)])
        {
            Assert.InRange(PauseAfterConflict(pauses), least, most);
            pauses.Reset();
        }
    }

    [Fact]
    public void A_minute_alone_makes_a_poller_forget_the_other_one()
    {
        var pauses = AfterTakeOver();
        for (var i = 0; i < 5; i++)
            PauseAfterConflict(pauses);

        _time.Advance(TimeSpan.FromSeconds(91));

        Assert.InRange(PauseAfterConflict(pauses), 3, 4.5);
    }

    private Backoff AfterTakeOver()
    {
        var pauses = new Backoff(_time);
        _time.Advance(TimeSpan.FromMinutes(1));
        return pauses;
    }

    /// <summary>Seconds, to a tenth.</summary>
    private double PauseAfterConflict(Backoff pauses)
    {
        var start = _time.GetTimestamp();
        var pause = pauses.WaitAsync(Conflict, TestContext.Current.CancellationToken);
        while (!pause.IsCompleted)
            _time.Advance(TimeSpan.FromMilliseconds(1));
        return _time.GetElapsedTime(start).TotalSeconds;
    }
}
