using Grpc.Core;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests.Api;

public sealed class ContextTests : IDisposable
{
    private readonly ServiceUnderTest _service = ServiceUnderTest.Start();
    private readonly Conversation _chat;

    public ContextTests() => _chat = new Conversation(_service.Client);

    public void Dispose() => _service.Dispose();

    [Fact]
    public async Task The_context_tells_who_said_what_and_what_it_costs()
    {
        await _chat.ExchangeAsync("12345678", "1234");
        var turnId = await _chat.SayAsync("123");

        Assert.Equal(
            new Wire.GetContextResponse
            {
                Messages =
                {
                    new Wire.ContextMessage { Role = Wire.Role.User, Content = "12345678" },
                    new Wire.ContextMessage { Role = Wire.Role.Assistant, Content = "1234" },
                    new Wire.ContextMessage { Role = Wire.Role.User, Content = "123" },
                },
                EstimatedTokens = 6,
                AcceptedAtUnixMs = _service.Time.GetUtcNow().ToUnixTimeMilliseconds(),
            },
            await _chat.ContextAsync(turnId, systemPrompt: "You are."));
    }

    [Fact]
    public async Task A_turn_and_its_context_name_the_model_that_the_session_has_at_that_moment()
    {
        await _chat.SetModelAsync("openai/gpt-4o");
        var accepted = await _chat.AcceptAsync("hello");
        await _chat.SetModelAsync("gemini-2.5-pro");

        Assert.Equal("openai/gpt-4o", accepted.Turn.ModelOverride);
        Assert.Equal("gemini-2.5-pro", (await _chat.ContextAsync(accepted.Turn.TurnId)).ModelOverride);
        await _chat.SetModelAsync("");
        Assert.Equal("", (await _chat.ContextAsync(accepted.Turn.TurnId)).ModelOverride);
    }

    [Fact]
    public async Task A_model_with_a_smaller_window_gets_less_of_the_same_session()
    {
        for (var i = 0; i < 10; i++)
            await _chat.ExchangeAsync(new string('q', 400), new string('a', 400));
        var turnId = await _chat.SayAsync("and now?");

        var large = await _chat.ContextAsync(turnId, window: 1_000_000);
        var small = await _chat.ContextAsync(turnId, window: 1_000);

        Assert.Equal((21, 0, 2002), (large.Messages.Count, large.DroppedMessages, large.EstimatedTokens));
        Assert.Equal((7, 14, 602), (small.Messages.Count, small.DroppedMessages, small.EstimatedTokens));
        Assert.Equal(Wire.Role.User, small.Messages[0].Role);
    }

    [Fact]
    public async Task Only_the_newest_messages_are_sent()
    {
        for (var i = 0; i < 10; i++)
            await _chat.ExchangeAsync($"question {i}", $"answer {i}");
        var turnId = await _chat.SayAsync("last");

        var context = await _chat.ContextAsync(turnId, maxMessages: 3);

        Assert.Equal(["question 9", "answer 9", "last"], context.Messages.Select(message => message.Content));
        Assert.Equal(0, context.DroppedMessages);
    }

    [Fact]
    public async Task What_queues_behind_a_turn_is_left_out_however_much_it_is()
    {
        await _chat.ExchangeAsync("question", "answer");
        var turnId = await _chat.SayAsync("this one");
        for (var i = 0; i < 300; i++)
            await _chat.SayAsync($"queued {i}");

        Assert.Equal(["question", "answer", "this one"], await _chat.TextsAsync(turnId));
    }

    [Fact]
    public async Task The_estimate_learns_from_what_the_provider_counts()
    {
        for (var i = 0; i < 8; i++)
        {
            var turnId = await _chat.SayAsync(new string('文', 400));
            var context = await _chat.ContextAsync(turnId, maxMessages: 1);
            await _chat.CompleteAsync(turnId, "", promptTokens: 400, estimated: context.EstimatedTokens);
            await _chat.DeliverAsync(turnId);
        }

        var last = await _chat.SayAsync(new string('文', 400));
        Assert.InRange((await _chat.ContextAsync(last, maxMessages: 1)).EstimatedTokens, 390, 400);
        Assert.Single((await _chat.ContextAsync(last, window: 1000, percent: 50)).Messages);
        Assert.InRange((await _chat.SessionAsync()).ContextTokens, 9 * 390, 9 * 400);
    }

    [Fact]
    public async Task A_session_or_turn_that_does_not_exist_is_not_found()
    {
        Assert.Equal(StatusCode.NotFound, await StatusOfAsync(() => _chat.ContextAsync()));
        await _chat.SayAsync("hello");
        Assert.Equal(StatusCode.NotFound, await StatusOfAsync(() => _chat.ContextAsync(turnId: 99)));
        var elsewhere = await new Conversation(_service.Client, "999").SayAsync("hello");
        Assert.Equal(StatusCode.NotFound, await StatusOfAsync(() => _chat.ContextAsync(elsewhere)));
    }

    [Fact]
    public async Task A_turn_that_was_compacted_away_is_no_longer_part_of_the_context()
    {
        var first = await _chat.ExchangeAsync("question 1", "answer 1");
        await _chat.ExchangeAsync("question 2", "answer 2");
        await _chat.CommitCompactionAsync(await _chat.BeginCompactionAsync(), "summary");

        Assert.Equal(StatusCode.FailedPrecondition, await StatusOfAsync(() => _chat.ContextAsync(first)));
    }

    [Theory]
    [InlineData(-1, 80, 50)]
    [InlineData(1000, 0, 50)]
    [InlineData(1000, 101, 50)]
    [InlineData(1000, 80, 0)]
    [InlineData(1000, 80, 10_001)]
    public async Task Limits_that_make_no_sense_are_refused(int window, int percent, int maxMessages) =>
        Assert.Equal(StatusCode.InvalidArgument, await StatusOfAsync(() => _chat.ContextAsync(0, window, percent, maxMessages)));

    private static async Task<StatusCode> StatusOfAsync(Func<Task> call) => (await Assert.ThrowsAsync<RpcException>(call)).StatusCode;
}
