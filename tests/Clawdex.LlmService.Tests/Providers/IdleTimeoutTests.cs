using Clawdex.Llm.V1;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmService.Tests.Hosting;
using Grpc.Core;

namespace Clawdex.LlmService.Tests.Providers;

/// <summary>Cases 53 and 65: silence ends a stream, slowness does not.</summary>
public sealed class IdleTimeoutTests : ServiceTest
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly TestClock _clock = new();

    /// <summary>No model has to be loaded here.</summary>
    protected override IEnumerable<(string Key, string Value)> Settings => [.. base.Settings, ("llm:loadTimeoutSeconds", "60")];

    private protected override TestClock Clock => _clock;

    [Fact] // 53
    public async Task Comments_keep_a_stream_alive_and_are_never_shown()
    {
        Emulator.Script(LlmScript.Of(
        [
            .. Enumerable.Range(0, 4).SelectMany<int, ScriptStep>(i => [new ScriptStep.Comment(), new ScriptStep.Hold($"minute {i}")]),
            new ScriptStep.Text("At last"),
            new ScriptStep.Finish(),
        ]));

        var answer = Service.AskAsync(OpenRouterModel);
        for (var i = 0; i < 4; i++)
        {
            await NextReadAsync(untilCount: i + 3);
            _clock.Advance(Limit - TimeSpan.FromSeconds(1));
            Emulator.Release($"minute {i}");
        }

        Assert.Equal(["At last"], (await answer).Deltas);
        Assert.Equal(FinishReason.Stop, (await answer).Finished?.FinishReason);
    }

    [Fact] // 53, 65
    public async Task Silence_before_the_headers_ends_with_a_deadline()
    {
        Emulator.Script(LlmScript.Of(new ScriptStep.Respond(200), new ScriptStep.Delay(int.MaxValue)));

        var answer = Service.AskAsync(OpenRouterModel);
        var request = await Emulator.WaitForChatAsync(Cancelled);
        await NextReadAsync(untilCount: 1);
        _clock.Advance(Limit);

        Assert.Equal(new Status(StatusCode.DeadlineExceeded, "Silent"), (await answer).Status);
        Assert.False((await request.Ended.WaitAsync(Cancelled)).Completed);
    }

    [Fact] // 65
    public async Task Silence_after_the_headers_ends_with_a_deadline()
    {
        Emulator.Script(LlmScript.Of(new ScriptStep.Comment(), new ScriptStep.Stall()));

        var answer = Service.AskAsync(OpenRouterModel);
        await NextReadAsync(untilCount: 3);
        _clock.Advance(Limit);

        Assert.Equal(StatusCode.DeadlineExceeded, (await answer).Status.StatusCode);
    }

    [Fact] // 53
    public async Task Silence_in_the_middle_keeps_what_was_said()
    {
        Emulator.Script(LlmScript.Of(new ScriptStep.Text("Half"), new ScriptStep.Stall()));

        var answer = Service.AskAsync(OpenRouterModel);
        await NextReadAsync(untilCount: 3);
        _clock.Advance(Limit);

        Assert.Equal(("Half", FinishReason.Interrupted), ((await answer).Text, (await answer).Finished?.FinishReason));
        Assert.Equal("Silent", (await answer).Facts);
    }

    [Fact] // 65
    public async Task A_stream_of_one_byte_per_half_minute_is_alive()
    {
        const string Stream = "data: {\"choices\":[{\"delta\":{\"content\":\"slow\"},\"finish_reason\":\"stop\"}]}\n\n";
        Emulator.Script(LlmScript.Of([.. Stream.SelectMany<char, ScriptStep>((letter, i) => [new ScriptStep.Raw($"{letter}"), new ScriptStep.Hold($"{i}")])]));

        var answer = Service.AskAsync(OpenRouterModel);
        for (var i = 0; i < Stream.Length - 1; i++)
        {
            await NextReadAsync(untilCount: i + 3);
            _clock.Advance(TimeSpan.FromSeconds(30));
            Emulator.Release($"{i}");
        }

        Emulator.Release($"{Stream.Length - 1}");

        Assert.Equal(("slow", FinishReason.Stop), ((await answer).Text, (await answer).Finished?.FinishReason));
    }

    [Theory]
    [InlineData(GeminiModel)]
    [InlineData(OpenRouterModel)]
    public async Task Text_may_follow_a_finish_reason_and_a_pause(string model)
    {
        var (first, second) = model == GeminiModel
            ? (Wires.GeminiChunk("Hel", "STOP"), Wires.GeminiChunk("lo", "STOP"))
            : (Wires.OpenRouterChunk("Hel", "stop"), Wires.OpenRouterChunk("lo", "stop"));
        Emulator.Script(LlmScript.Of(first, new ScriptStep.Hold("pause"), second));

        var answer = Service.AskAsync(model);
        await NextReadAsync(untilCount: 3);
        _clock.Advance(TimeSpan.FromSeconds(6));
        Emulator.Release("pause");

        Assert.Equal(("Hello", FinishReason.Stop), ((await answer).Text, (await answer).Finished?.FinishReason));
    }

    [Fact]
    public async Task A_server_that_never_closes_a_finished_answer_does_not_spoil_it()
    {
        Emulator.Script(LlmScript.Of(Wires.OpenRouterChunk("Done", "stop"), new ScriptStep.Stall()));

        var answer = Service.AskAsync(OpenRouterModel);
        await NextReadAsync(untilCount: 3);
        _clock.Advance(Limit);

        Assert.Equal(("Done", FinishReason.Stop), ((await answer).Text, (await answer).Finished?.FinishReason));
    }

    /// <summary>
    /// Waits until the service waits for the provider for this many times: first for the headers, then for each read.
    /// </summary>
    private Task NextReadAsync(int untilCount) =>
        _clock.WaitForWaitsAsync(waits => waits.Count(wait => wait == Limit) >= untilCount, Cancelled);
}
