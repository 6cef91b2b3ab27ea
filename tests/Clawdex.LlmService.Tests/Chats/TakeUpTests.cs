using System.Diagnostics.Metrics;
using System.Text;
using Clawdex.Llm.V1;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmService.Chats;
using Clawdex.LlmService.Tests.Hosting;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using FailureKind = Clawdex.Llm.V1.FailureKind;
using FinishReason = Clawdex.Llm.V1.FinishReason;

namespace Clawdex.LlmService.Tests.Chats;

/// <summary>An answer with an id outlives the call that asked for it: whoever asks with the same id takes it up.</summary>
public sealed class TakeUpTests : ServiceTest
{
    private readonly TestClock _clock = new();

    private protected override TestClock Clock => _clock;

    protected override IEnumerable<(string Key, string Value)> Settings => [.. base.Settings, ("llm:idleTimeoutSeconds", "3600")];

    private RunningAnswers Answers => Service.Services.GetRequiredService<RunningAnswers>();

    [Fact]
    public async Task A_call_that_breaks_leaves_the_answer_running_and_the_next_one_gets_it_from_its_beginning_live()
    {
        Emulator.Script(LlmScript.Of(
            new ScriptStep.Text("Half 👩"), new ScriptStep.Hold("unread"), new ScriptStep.Text("‍🚀 and"), new ScriptStep.Hold("live"), new ScriptStep.Text(" half."), new ScriptStep.Finish()));
        await BeginAndLeaveAsync("1", "Half 👩");
        Emulator.Release("unread");

        using var call = Ask("1");
        var started = await NextAsync(call);
        var text = new StringBuilder();
        while (text.ToString() != "Half 👩‍🚀 and")
            text.Append((await NextAsync(call)).Delta.Text);
        Emulator.Release("live");
        var rest = await call.CollectAsync(Cancelled);

        Assert.True(started.Started.TakenUp);
        Assert.Equal(" half.", rest.Text);
        Assert.Equal((FinishReason.Stop, 12, 34), (rest.Finished?.FinishReason, rest.Finished?.Usage.PromptTokens, rest.Finished?.Usage.CompletionTokens));
        Assert.True((await Assert.Single(Emulator.Chats).Ended).Completed);
    }

    [Fact]
    public async Task What_there_is_comes_at_once_and_however_often_somebody_asks_also_after_the_end()
    {
        var measured = Measured();
        Emulator.Script(LlmScript.Reply("One", " two", " three."));
        var first = await Service.AskAsync(Question("1"));

        for (var i = 0; i < 3; i++)
        {
            var again = await Service.AskAsync(Question("1"));
            Assert.Equal(["One two three."], again.Deltas);
            Assert.Equal((true, first.Finished), (again.Started.Single().TakenUp, again.Finished));
        }

        Assert.False(first.Started.Single().TakenUp);
        Assert.Single(Emulator.Chats);
        Assert.Equal(["TakenUp", "TakenUp", "TakenUp"], measured());
    }

    [Fact]
    public async Task An_answer_has_one_reader_and_the_call_before_ends()
    {
        Emulator.Script(LlmScript.Of(new ScriptStep.Text("Half"), new ScriptStep.Hold("rest"), new ScriptStep.Text(" and half."), new ScriptStep.Finish()));
        using var before = await BeginAsync("1", "Half");

        using var after = await BeginAsync("1", "Half");
        var superseded = await before.CollectAsync(Cancelled);
        Emulator.Release("rest");
        var answer = await after.CollectAsync(Cancelled);

        Assert.Equal((StatusCode.Aborted, null), (superseded.Status.StatusCode, superseded.Finished));
        Assert.Equal((" and half.", StatusCode.OK), (answer.Text, answer.Status.StatusCode));
        Assert.Single(Emulator.Chats);
    }

    [Fact]
    public async Task An_answer_that_nobody_takes_up_ends_after_60_seconds_with_its_socket_and_its_memory()
    {
        var measured = Measured();
        Emulator.Script(LlmScript.Of(new ScriptStep.Text("Half"), new ScriptStep.Stall()), LlmScript.Reply("Another one."));
        await BeginAndLeaveAsync("1", "Half");

        _clock.Advance(RunningAnswers.KeptFor - TimeSpan.FromMilliseconds(1));
        Assert.Equal((1, false), (Answers.Kept, Emulator.Chats[0].Ended.IsCompleted));
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.False((await Emulator.Chats[0].Ended.WaitAsync(TimeSpan.FromSeconds(10), Cancelled)).Completed);
        await ForgottenAsync();
        Assert.Equal(["Abandoned"], measured());
        Assert.Equal("Another one.", (await Service.AskAsync(Question("1"))).Text);
    }

    [Fact]
    public async Task An_answer_that_was_read_to_its_end_is_forgotten_after_60_seconds_and_not_counted_as_lost()
    {
        var measured = Measured();
        await Service.AskAsync(Question("1", "echo one"));
        await LeftAsync();

        _clock.Advance(RunningAnswers.KeptFor);

        await ForgottenAsync();
        Assert.Empty(measured());
    }

    [Fact]
    public async Task While_somebody_reads_an_answer_its_60_seconds_do_not_run()
    {
        Emulator.Script(LlmScript.Of(new ScriptStep.Text("Half"), new ScriptStep.Hold("rest"), new ScriptStep.Text(" and half."), new ScriptStep.Finish()));
        await BeginAndLeaveAsync("1", "Half");
        using var call = await BeginAsync("1", "Half");

        _clock.Advance(2 * RunningAnswers.KeptFor);
        Emulator.Release("rest");

        Assert.Equal(FinishReason.Stop, (await call.CollectAsync(Cancelled)).Finished?.FinishReason);
    }

    [Fact]
    public async Task Whoever_asks_again_after_a_failure_gets_another_answer()
    {
        Emulator.Script(LlmScript.Respond(503, ""), LlmScript.Reply("This time."));

        Assert.Equal(FailureKind.Overloaded, (await Service.AskAsync(Question("1"))).Failure?.Kind);
        var answer = await Service.AskAsync(Question("1"));

        Assert.Equal((false, "This time."), (answer.Started.Single().TakenUp, answer.Text));
    }

    [Fact]
    public async Task Whoever_asks_again_after_the_stop_gets_another_answer()
    {
        Emulator.Script(LlmScript.Of(new ScriptStep.Text("Half"), new ScriptStep.Stall()), LlmScript.Reply("Whole."));
        await BeginAndLeaveAsync("1", "Half");

        Assert.True((await Service.Client.StopChatAsync(new StopChatRequest { AnswerId = "1" }, cancellationToken: Cancelled)).Known);

        Assert.Equal("Whole.", (await Service.AskAsync(Question("1"))).Text);
        Assert.False((await Emulator.Chats[0].Ended.WaitAsync(TimeSpan.FromSeconds(10), Cancelled)).Completed);
    }

    [Fact]
    public async Task To_stop_what_is_not_there_is_no_error() =>
        Assert.False((await Service.Client.StopChatAsync(new StopChatRequest { AnswerId = "unknown" }, cancellationToken: Cancelled)).Known);

    [Fact]
    public async Task An_answer_that_is_longer_than_any_is_kept_ends_by_its_length()
    {
        var block = new string('x', 1024);
        Emulator.Script(LlmScript.Of(new ScriptStep.Text(block, (RunningAnswer.LongestText / block.Length) + 1), new ScriptStep.Stall()));

        var answer = await Service.AskAsync(Question("1"));

        Assert.Equal((RunningAnswer.LongestText, FinishReason.Length), (answer.Text.Length, answer.Finished?.FinishReason));
        Assert.False((await Emulator.Chats[0].Ended.WaitAsync(TimeSpan.FromSeconds(10), Cancelled)).Completed);
    }

    [Fact]
    public async Task Of_too_many_that_nobody_reads_the_oldest_is_ended()
    {
        Emulator.AnswerWith(_ => LlmScript.Of(new ScriptStep.Text("Half"), new ScriptStep.Stall()));
        for (var i = 0; i <= RunningAnswers.MostUnread; i++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            await BeginAndLeaveAsync($"{i}", "Half");
        }

        Assert.False((await Emulator.Chats[0].Ended.WaitAsync(TimeSpan.FromSeconds(10), Cancelled)).Completed);
        Assert.All(Emulator.Chats.Skip(1), chat => Assert.False(chat.Ended.IsCompleted));
        // Its place is given back a moment after its provider's socket.
        await ForgottenAsync(butFor: RunningAnswers.MostUnread);
    }

    [Fact]
    public async Task A_service_that_stops_does_not_wait_for_what_nobody_reads_and_closes_its_socket()
    {
        Emulator.Script(LlmScript.Of(new ScriptStep.Text("Half"), new ScriptStep.Stall()));
        await BeginAndLeaveAsync("1", "Half");

        // The clock stands still.
        await Answers.StoppingAsync(Cancelled);

        Assert.Equal(0, Answers.Kept);
        Assert.False((await Emulator.Chats[0].Ended.WaitAsync(TimeSpan.FromSeconds(10), Cancelled)).Completed);
    }

    private static StreamChatRequest Question(string answerId, string text = "Hello")
    {
        var request = AnswerReading.Question(GeminiModel, text);
        request.AnswerId = answerId;
        return request;
    }

    private AsyncServerStreamingCall<StreamChatResponse> Ask(string answerId, CancellationToken? cancelled = null) =>
        Service.Client.StreamChat(Question(answerId), cancellationToken: cancelled ?? Cancelled);

    private async Task<StreamChatResponse> NextAsync(AsyncServerStreamingCall<StreamChatResponse> call)
    {
        var next = call.ResponseStream.MoveNext(Cancelled);
        // Behind the first words, further ones are gathered for a moment.
        while (await Task.WhenAny(next, Task.Delay(5, Cancelled)) != next)
            _clock.Advance(RunningAnswer.Pause);
        Assert.True(await next);
        return call.ResponseStream.Current;
    }

    /// <summary>A call that has read so far.</summary>
    private async Task<AsyncServerStreamingCall<StreamChatResponse>> BeginAsync(string answerId, string text, CancellationToken? cancelled = null)
    {
        var call = Ask(answerId, cancelled);
        for (var read = ""; read != text;)
            read += (await NextAsync(call)).Delta?.Text;
        return call;
    }

    /// <summary>As a gateway that is killed: gRPC cancels the call on the service's side.</summary>
    private async Task BeginAndLeaveAsync(string answerId, string text)
    {
        var left = _clock.Waits.Count(wait => wait == RunningAnswers.KeptFor);
        using (await BeginAsync(answerId, text))
        {
            // To dispose it is to leave it.
        }

        await LeftAsync(left + 1);
    }

    private Task LeftAsync(int times = 1) => _clock.WaitForWaitsAsync(waits => waits.Count(wait => wait == RunningAnswers.KeptFor) >= times, Cancelled);

    private async Task ForgottenAsync(int butFor = 0)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        deadline.CancelAfter(TimeSpan.FromSeconds(10));
        while (Answers.Kept > butFor)
            await Task.Delay(TimeSpan.FromMilliseconds(5), deadline.Token);
    }

    /// <summary>What became of answers whose reader went away: nobody else gives them an id in this process.</summary>
    private static Func<IReadOnlyList<string>> Measured()
    {
        List<string> outcomes = [];
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "clawdex.llm.answers.unread")
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            lock (outcomes)
                outcomes.Add($"{tags[0].Value}");
        });
        listener.Start();
        return () =>
        {
            listener.Dispose();
            return outcomes;
        };
    }
}
