using Clawdex.Llm.V1;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmService.Tests.Hosting;
using Grpc.Core;
using static Clawdex.LlmService.Tests.Hosting.Wires;

namespace Clawdex.LlmService.Tests.Chats;

/// <summary>Cases 48 and 49: what is tried again, when, how often, and what never is.</summary>
public sealed class RetryTests : ServiceTest
{
    private readonly TestClock _clock = new();

    private protected override TestClock Clock => _clock;

    protected override IEnumerable<(string Key, string Value)> Settings => [("llm:loadTimeoutSeconds", "60")];

    [Theory]
    [InlineData(GeminiModel, 500)]
    [InlineData(GeminiModel, 503)]
    [InlineData(GeminiModel, 408)]
    [InlineData(OpenRouterModel, 502)]
    [InlineData(OpenRouterModel, 524)]
    [InlineData(OpenRouterModel, 529)]
    public async Task An_error_that_may_pass_is_tried_again_before_the_first_word(string model, int status)
    {
        Emulator.Script(LlmScript.Respond(status, $"<html><title>{status} Sorry</title></html>"), LlmScript.Reply("better"));

        var answer = Service.AskAsync(model);
        await PassTheNextDelayAsync(attempt: 1);

        Assert.Equal("better", (await answer).Text);
        Assert.Equal(2, Emulator.Chats.Count);
        Assert.Single((await answer).Started);
    }

    [Theory]
    [InlineData("<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>")] // HAProxy
    [InlineData("<HTML><HEAD><TITLE>Service Unavailable</TITLE></HEAD>\r\n<BODY><h2>Service Unavailable</h2></BODY></HTML>")] // IIS
    [InlineData("<html><head><title>503 Service Temporarily Unavailable</title></head></html>")] // nginx
    public async Task A_gateways_page_that_says_it_is_busy_is_no_wrong_address(string page)
    {
        Emulator.Script(LlmScript.Respond(503, page), LlmScript.Reply("better"));

        var answer = Service.AskAsync(OpenRouterModel);
        await PassTheNextDelayAsync(attempt: 1);

        Assert.Equal("better", (await answer).Text);
    }

    [Fact]
    public async Task Attempts_are_bounded_and_back_off()
    {
        Emulator.Script(LlmScript.Respond(503, "") with { Times = 9 });

        var answer = Service.AskAsync(GeminiModel);
        for (var attempt = 1; attempt <= 3; attempt++)
            await PassTheNextDelayAsync(attempt);

        Assert.Equal(StatusCode.Unavailable, (await answer).Status.StatusCode);
        Assert.Equal(4, Emulator.Chats.Count);
    }

    [Fact]
    public async Task The_providers_own_delay_is_kept_to_the_millisecond()
    {
        Emulator.Script(
            LlmScript.Respond(429, GeminiError(429, "RESOURCE_EXHAUSTED", "Slow down", """[{"retryDelay":"34.074824224s"}]""")),
            LlmScript.Reply("thanks"));

        var answer = Service.AskAsync(GeminiModel);
        var delay = await NextDelayAsync(attempt: 1);
        Assert.Equal(TimeSpan.FromMilliseconds(34_075), delay);
        _clock.Advance(delay - TimeSpan.FromMilliseconds(1));
        Assert.Single(Emulator.Chats);
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal("thanks", (await answer).Text);
    }

    [Fact]
    public async Task A_delay_beyond_the_budget_is_the_users_decision()
    {
        Emulator.Script(LlmScript.Respond(429, GeminiError(429, "RESOURCE_EXHAUSTED", "Slow down", """[{"retryDelay":"61s"}]""")));

        var answer = await Service.AskAsync(GeminiModel);

        Assert.Equal((StatusCode.ResourceExhausted, "61000"), (answer.Status.StatusCode, answer.RetryAfterMs));
        Assert.Single(Emulator.Chats);
    }

    [Fact]
    public async Task All_delays_together_stay_within_the_budget()
    {
        Emulator.Script(LlmScript.Respond(429, "", ("Retry-After", "25")) with { Times = 9 });

        var answer = Service.AskAsync(OpenRouterModel);
        await PassTheNextDelayAsync(attempt: 1);
        await PassTheNextDelayAsync(attempt: 2);

        Assert.Equal(StatusCode.ResourceExhausted, (await answer).Status.StatusCode);
        Assert.Equal(3, Emulator.Chats.Count);
    }

    [Fact]
    public async Task An_empty_stream_is_tried_again()
    {
        Emulator.Script(LlmScript.Raw(""), LlmScript.Raw(": PROCESSING\n\n"), LlmScript.Reply("third time"));

        var answer = Service.AskAsync(OpenRouterModel);
        await PassTheNextDelayAsync(attempt: 1);
        await PassTheNextDelayAsync(attempt: 2);

        Assert.Equal("third time", (await answer).Text);
    }

    [Fact]
    public async Task A_connection_that_breaks_before_the_first_word_is_tried_again()
    {
        Emulator.Script(LlmScript.Of(new ScriptStep.Comment(), new ScriptStep.Cut()), LlmScript.Reply("back"));

        var answer = Service.AskAsync(OpenRouterModel);
        await PassTheNextDelayAsync(attempt: 1);

        Assert.Equal("back", (await answer).Text);
    }

    [Theory] // 49
    [InlineData("data: {\"error\":{\"code\":503,\"message\":\"overloaded\"}}\n\n")]
    [InlineData("data: {\"error\":{\"code\":429,\"message\":\"slow down\"}}\n\n")]
    [InlineData("")]
    public async Task After_the_first_word_nothing_is_sent_again(string end)
    {
        Emulator.Script(LlmScript.Of(new ScriptStep.Text("Half"), new ScriptStep.Raw(end)));

        var answer = await Service.AskAsync(GeminiModel);

        Assert.Equal(("Half", FinishReason.Interrupted), (answer.Text, answer.Finished?.FinishReason));
        Assert.Single(Emulator.Chats);
    }

    [Fact]
    public async Task Cancelling_during_a_delay_ends_the_call_at_once()
    {
        Emulator.Script(LlmScript.Respond(429, "", ("Retry-After", "30")));
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        using var call = Service.Client.StreamChat(AnswerReading.Question(OpenRouterModel, "Hello"), cancellationToken: cancellation.Token);
        await NextDelayAsync(attempt: 1);

        await cancellation.CancelAsync();

        await Assert.ThrowsAsync<RpcException>(async () => await call.CollectAsync(cancellation.Token));
        Assert.Single(Emulator.Chats);
    }

    [Fact]
    public async Task A_server_that_does_not_listen_is_unreachable_in_so_many_words()
    {
        await using var service = LlmServiceHost.StartBare(null, ("gemini:baseUrl", "http://127.0.0.1:1"), ("llm:retryAttempts", "1"));

        var answer = await service.AskAsync(GeminiModel);

        Assert.Equal(new Status(StatusCode.Unavailable, "Unreachable"), answer.Status);
    }

    private async Task PassTheNextDelayAsync(int attempt) => _clock.Advance(await NextDelayAsync(attempt));

    /// <summary>The wait after this attempt.</summary>
    private async Task<TimeSpan> NextDelayAsync(int attempt)
    {
        await _clock.WaitForWaitsAsync(waits => DelaysOf(waits).Count() >= attempt, Cancelled);
        return DelaysOf(_clock.Waits).ElementAt(attempt - 1);
    }

    /// <summary>Waits of exactly the idle timeout, which is the time to load a model here, are reads, not delays.</summary>
    private static IEnumerable<TimeSpan> DelaysOf(IEnumerable<TimeSpan> waits) =>
        waits.Where(wait => wait != TimeSpan.FromSeconds(60) && wait > TimeSpan.Zero);
}
