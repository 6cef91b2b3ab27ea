using Clawdex.Llm.V1;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmService.Chats;
using Clawdex.LlmService.Tests.Hosting;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using FinishReason = Clawdex.Llm.V1.FinishReason;

namespace Clawdex.LlmService.Tests.Chats;

/// <summary>A service that is asked to stop lets running answers end, for as long as a gateway may still want them.</summary>
public sealed class StopTests : ServiceTest
{
    private readonly TestClock _clock = new();

    private protected override TestClock Clock => _clock;

    [Fact]
    public async Task A_service_that_stops_lets_a_running_answer_end_and_takes_another_one_meanwhile()
    {
        Emulator.Script(
            LlmScript.Of(new ScriptStep.Text("Half"), new ScriptStep.Hold("rest"), new ScriptStep.Text(" and half."), new ScriptStep.Finish()),
            LlmScript.Reply("Just in time."));
        using var call = await BeginAsync();

        Service.Stop();
        await StopHasBegunAsync();
        Assert.Equal("Just in time.", (await Service.AskAsync(GeminiModel, "And this one?")).Text);
        Emulator.Release("rest");
        var answer = await call.CollectAsync(Cancelled);

        Assert.Equal((StatusCode.OK, FinishReason.Stop), (answer.Status.StatusCode, answer.Finished?.FinishReason));
        Assert.EndsWith(" and half.", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_takes_too_long_is_told_why_it_ends_and_leaves_no_stream_behind()
    {
        Emulator.Script(LlmScript.Of(new ScriptStep.Text("Half"), new ScriptStep.Stall()));
        using var call = await BeginAsync();

        Service.Stop();
        await StopHasBegunAsync();
        _clock.Advance(RunningAnswers.Patience);
        var answer = await call.CollectAsync(Cancelled);

        Assert.Null(answer.Finished);
        Assert.Equal(new Status(StatusCode.Unavailable, "The LLM service is being restarted."), answer.Status);
        Assert.False((await Emulator.Chats[0].Ended.WaitAsync(TimeSpan.FromSeconds(10), Cancelled)).Completed);
        Assert.DoesNotContain(Service.Logs.GetSnapshot(), entry => entry.Level >= LogLevel.Warning);
    }

    private async Task<AsyncServerStreamingCall<StreamChatResponse>> BeginAsync()
    {
        var call = Service.Client.StreamChat(AnswerReading.Question(GeminiModel, "Hello"), cancellationToken: Cancelled);
        while (await call.ResponseStream.MoveNext(Cancelled) && call.ResponseStream.Current.Delta is null)
        {
            // Started comes first.
        }

        return call;
    }

    private Task StopHasBegunAsync() => _clock.WaitForWaitsAsync(waits => waits.Contains(RunningAnswers.Patience), Cancelled);
}
