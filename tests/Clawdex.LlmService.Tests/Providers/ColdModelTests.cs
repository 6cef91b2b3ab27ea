using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmService.Tests.Hosting;
using Grpc.Core;

namespace Clawdex.LlmService.Tests.Providers;

/// <summary>A server of one's own may have to load a model before its first word: that takes minutes, and is no silence.</summary>
public sealed class ColdModelTests : ServiceTest
{
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Loading = TimeSpan.FromSeconds(300);

    private readonly TestClock _clock = new();

    private protected override TestClock Clock => _clock;

    [Fact]
    public async Task The_first_answer_may_take_five_minutes_to_begin_and_the_next_one_only_one()
    {
        Emulator.Script(
            LlmScript.Of(new ScriptStep.Respond(200), new ScriptStep.Hold("loaded"), new ScriptStep.Text("At last"), new ScriptStep.Finish()),
            LlmScript.Of(new ScriptStep.Respond(200), new ScriptStep.Hold("never")));

        var first = Service.AskAsync(OpenRouterModel);
        await WaitedAsync(Loading, times: 1);
        _clock.Advance(Loading - TimeSpan.FromSeconds(1));
        Emulator.Release("loaded");
        Assert.Equal("At last", (await first).Text);

        var before = _clock.Waits.Count(wait => wait == Usual);
        var second = Service.AskAsync(OpenRouterModel);
        await WaitedAsync(Usual, before + 1);
        _clock.Advance(Usual);
        Assert.Equal("Silent", (await second).Facts);
    }

    [Fact]
    public async Task A_model_that_is_not_loaded_in_time_says_so()
    {
        Emulator.Script(LlmScript.Of(new ScriptStep.Comment(), new ScriptStep.Stall()));

        var answer = Service.AskAsync(OpenRouterModel);
        await WaitedAsync(Loading, times: 3);
        _clock.Advance(Loading);

        Assert.Equal(("NotLoaded", StatusCode.DeadlineExceeded), ((await answer).Facts, (await answer).Status.StatusCode));
    }

    [Fact]
    public async Task After_five_quiet_minutes_a_model_may_be_cold_again()
    {
        Emulator.Script(LlmScript.Reply("Hi"), LlmScript.Reply("Hi again"));

        await Service.AskAsync(OpenRouterModel);
        _clock.Advance(TimeSpan.FromMinutes(5));
        var before = _clock.Waits.Count(wait => wait == Loading);
        await Service.AskAsync(OpenRouterModel);

        Assert.InRange(_clock.Waits.Count(wait => wait == Loading), before + 1, int.MaxValue);
    }

    [Fact]
    public async Task Gemini_has_no_models_to_load()
    {
        Emulator.Script(LlmScript.Reply("Hi"));

        await Service.AskAsync(GeminiModel);

        Assert.DoesNotContain(Loading, _clock.Waits);
    }

    private Task WaitedAsync(TimeSpan limit, int times) => _clock.WaitForWaitsAsync(waits => waits.Count(wait => wait == limit) >= times, Cancelled);
}
