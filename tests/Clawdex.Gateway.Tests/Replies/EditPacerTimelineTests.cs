using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Telegram;
using Clawdex.Gateway.Telegram.Limits;
using Microsoft.Extensions.Time.Testing;

namespace Clawdex.Gateway.Tests.Replies;

/// <summary>Golden timelines: what a chat sees, and when, for typical streams.</summary>
public sealed class EditPacerTimelineTests
{
    private static void Expect(string golden, Timeline timeline)
    {
        Assert.Equal(golden, timeline.Run().ToString());
        Assert.True(timeline.Loop.IsCompletedSuccessfully);
        Assert.Equal(timeline.Source.Trim(), timeline.Calls[^1].Text);
    }

    [Fact]
    public void A_fast_model_is_shown_about_once_a_second() => Expect(
        """
        t=+0.0s send "word01"
        t=+0.3s edit 111 chars "…d13 word14 word15 word16"
        t=+1.0s edit 349 chars "…d47 word48 word49 word50"
        t=+2.0s edit 700 chars "…97 word98 word99 word100"
        t=+3.0s edit 1100 chars "… word148 word149 word150"
        t=+4.0s edit 1500 chars "… word198 word199 word200"
        t=+5.0s edit 1900 chars "… word248 word249 word250"
        t=+6.0s edit 2300 chars "… word298 word299 word300"
        t=+7.0s edit 2700 chars "… word348 word349 word350"
        t=+8.0s edit 3100 chars "… word398 word399 word400"
        t=+9.0s edit 3500 chars "… word448 word449 word450"
        t=+10.0s edit 3900 chars "… word498 word499 word500"
        """,
        new Timeline().Words(0, 10, every: 0.02).End(10));

    [Fact]
    public void A_slow_trickle_is_not_starved() => Expect(
        """
        t=+0.0s send "word01"
        t=+1.0s edit "word01 word02 word03"
        t=+2.0s edit 34 chars "…d02 word03 word04 word05"
        t=+3.0s edit 55 chars "…d05 word06 word07 word08"
        t=+4.0s edit 69 chars "…d07 word08 word09 word10"
        t=+5.0s edit 90 chars "…d10 word11 word12 word13"
        """,
        new Timeline().Words(0, 5, every: 0.4).End(5));

    [Fact]
    public void A_trickle_slower_than_the_interval_shows_each_chunk() => Expect(
        """
        t=+0.0s send "word01"
        t=+2.2s edit "word01 word02"
        t=+3.9s edit "word01 word02 word03"
        t=+5.6s edit "word01 word02 word03 word04"
        t=+7.3s edit 34 chars "…d02 word03 word04 word05"
        """,
        new Timeline().Words(0, 8, every: 1.7).End(8));

    [Fact]
    public void A_burst_is_shown_when_it_pauses_or_fills_an_edit() => Expect(
        """
        t=+0.0s send "word01"
        t=+0.58s edit 34 chars "…d02 word03 word04 word05"
        t=+1.58s edit 104 chars "…e07 more08 more09 more10"
        t=+4.14s edit 209 chars "…t12 last13 last14 last15"
        t=+4.29s edit 314 chars "…t27 last28 last29 last30"
        t=+5.14s edit 384 chars "…t37 last38 last39 last40"
        """,
        new Timeline().Words(0, 0.1, every: 0.02).Words(1, 1.2, every: 0.02, "more").Words(4, 4.4, every: 0.01, "last").End(6));

    [Fact]
    public void Silence_costs_no_call() => Expect(
        """
        t=+0.0s send "Thinking"
        t=+0.6s edit "Thinking about it"
        t=+45.5s edit "Thinking about it … done"
        """,
        new Timeline().Chunk(0, "Thinking").Chunk(0.1, " about it").Chunk(45, " … done").End(46));

    [Fact]
    public void The_end_right_after_a_chunk_is_shown_at_once() => Expect(
        """
        t=+0.25s send "Hello"
        t=+0.31s edit "Hello, world!"
        """,
        new Timeline().Chunk(0.25, "Hello").Chunk(0.3, ", world").Chunk(0.31, "!").End(0.31));

    [Fact]
    public void An_answer_in_one_chunk_is_one_call() => Expect(
        """
        t=+0.5s send "42"
        """,
        new Timeline().Chunk(0.5, "42").End(0.5));

    [Fact]
    public void A_stream_that_ends_later_with_nothing_new_costs_no_call() => Expect(
        """
        t=+0.0s send "42"
        """,
        new Timeline().Chunk(0, "42").Chunk(1, " \n\n").End(2));

    [Fact]
    public void A_first_chunk_of_white_space_waits_for_something_to_see() => Expect(
        """
        t=+0.7s send "Hi"
        """,
        new Timeline().Chunk(0, "\n\n").Chunk(0.3, "  ").Chunk(0.7, "Hi").End(0.9));

    [Fact]
    public void After_a_429_in_the_middle_the_newest_text_comes_at_the_deadline() => Expect(
        """
        t=+0.0s send "word01"
        t=+0.75s edit 111 chars "…d13 word14 word15 word16"
        t=+1.5s edit 216 chars "…d28 word29 word30 word31" -> 429 retry after 4
        t=+5.5s edit 780 chars "… word108 word109 word110"
        t=+6.5s edit 940 chars "… word128 word129 word130"
        t=+7.5s edit 1100 chars "… word148 word149 word150"
        t=+8.0s edit 1180 chars "… word158 word159 word160"
        """,
        new Timeline().Words(0, 8, every: 0.05).Flood(call: 3, retryAfter: 4).End(8));

    [Fact]
    public void A_429_on_the_final_frame_repeats_it_at_the_deadline() => Expect(
        """
        t=+0.0s send "Hello"
        t=+0.2s edit "Hello, world" -> 429 retry after 37
        t=+37.2s edit "Hello, world"
        """,
        new Timeline().Chunk(0, "Hello").Chunk(0.1, ", world").End(0.2).Flood(call: 2, retryAfter: 37));

    [Fact]
    public void A_429_on_the_first_text_holds_it_back_and_the_newest_wins() => Expect(
        """
        t=+0.0s send "Hello" -> 429 retry after 2
        t=+2.0s send "Hello, wor"
        t=+3.5s edit "Hello, world"
        """,
        new Timeline().Chunk(0, "Hello").Chunk(0.1, ", wor").Chunk(3, "ld").End(9).Flood(call: 1, retryAfter: 2));

    [Fact]
    public void A_group_gets_few_interim_frames_and_its_final_one_at_once() => Expect(
        """
        t=+0.0s send "word01"
        t=+1.0s edit 69 chars "…d07 word08 word09 word10"
        t=+4.286s edit 300 chars "…d40 word41 word42 word43"
        t=+8.572s edit 601 chars "…d83 word84 word85 word86"
        t=+12.858s edit 932 chars "… word127 word128 word129"
        t=+17.143s edit 1276 chars "… word170 word171 word172"
        t=+20.0s edit 1500 chars "… word198 word199 word200"
        """,
        new Timeline(isGroup: true).Words(0, 20, every: 0.1).End(20));

    [Fact]
    public void A_commands_reply_goes_before_interim_frames() => Expect(
        """
        t=+0.0s send "word01"
        t=+0.75s edit 111 chars "…d13 word14 word15 word16"
        t=+1.5s edit 216 chars "…d28 word29 word30 word31"
        t=+1.5s send "status"
        t=+1.5s send "help"
        t=+2.0s send "model"
        t=+4.0s edit 559 chars "…d77 word78 word79 word80"
        """,
        new Timeline().Words(0, 4, every: 0.05).Command(1.5, "status").Command(1.5, "help").Command(1.5, "model").End(4));

    [Fact]
    public void The_first_text_is_not_delayed_by_an_empty_budget() => Expect(
        """
        t=+0.0s send "status"
        t=+0.1s send "Hello"
        t=+2.0s edit "Hello, world"
        """,
        new Timeline(new TelegramLimits { ChatBurst = 1 }).Command(0, "status").Chunk(0.1, "Hello").Chunk(0.2, ", world").End(0.3));

    [Fact]
    public void Without_limits_a_fast_model_is_shown_every_hundred_characters() => Expect(
        """
        t=+0.0s send "word01"
        t=+0.15s edit 111 chars "…d13 word14 word15 word16"
        t=+0.3s edit 216 chars "…d28 word29 word30 word31"
        t=+0.45s edit 321 chars "…d43 word44 word45 word46"
        t=+0.6s edit 426 chars "…d58 word59 word60 word61"
        t=+0.75s edit 531 chars "…d73 word74 word75 word76"
        t=+0.9s edit 636 chars "…d88 word89 word90 word91"
        t=+1.0s edit 700 chars "…97 word98 word99 word100"
        """,
        new Timeline(new TelegramLimits { ChatPerSecond = 0 }).Words(0, 1, every: 0.01).End(1));

    [Fact]
    public void A_stream_that_breaks_shows_what_came_and_then_throws()
    {
        var timeline = new Timeline().Chunk(0, "Hello").Chunk(0.1, ", wor").Break(0.2).Run();

        Assert.Equal(
            """
            t=+0.0s send "Hello"
            t=+0.2s edit "Hello, wor"
            """,
            timeline.ToString());
        Assert.IsType<IOException>(timeline.Loop.Exception?.InnerException);
    }

    [Fact]
    public void An_hour_long_wait_holds_no_timer_longer_than_an_hour()
    {
        var time = new FakeTimeProvider();
        var budget = ChatBudget.For(isGroup: false, new TelegramLimits(), new BotPace(time), time);
        var pacer = new EditPacer(new TelegramOptions(), budget, time);

        budget.Block(TimeSpan.FromSeconds(13_938));
        pacer.Append("Hello");

        Assert.Equal(new PacerStep.Wait(TimeSpan.FromHours(1)), pacer.Next());
        Assert.Equal(TimeSpan.FromSeconds(13_938), budget.BlockedFor);
    }

    [Fact]
    public void An_answer_that_is_abandoned_while_a_frame_is_on_its_way_shows_nothing_more()
    {
        var time = new FakeTimeProvider();
        var pacer = new EditPacer(new TelegramOptions(), ChatBudget.For(isGroup: false, new TelegramLimits(), new BotPace(time), time), time);
        pacer.Append("Abandoned");
        Assert.IsType<PacerStep.Show>(pacer.Next());

        pacer.Cancel();
        pacer.Settle(SendResult.Shown);
        pacer.Complete();

        Assert.Null(pacer.Next());
    }
}
