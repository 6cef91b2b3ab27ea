using System.Threading.Channels;
using Clawdex.LlmService.Chats;
using Clawdex.LlmService.Providers;
using Clawdex.LlmService.Tests.Hosting;

namespace Clawdex.LlmService.Tests.Chats;

/// <summary>When a running answer tells what has come.</summary>
public sealed class RunningAnswerTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Words_that_come_close_together_are_told_together_and_the_first_and_the_end_wait_for_nothing()
    {
        var clock = new TestClock();
        using var answer = new RunningAnswer(clock);
        var events = Channel.CreateUnbounded<ChatEvent>(new UnboundedChannelOptions { AllowSynchronousContinuations = true });
        var growing = answer.GrowAsync(events.Reader.ReadAllAsync(Cancelled));
        await using var reading = answer.ReadAsync(Cancelled).GetAsyncEnumerator(Cancelled);

        events.Writer.TryWrite(new ChatEvent.Delta("One"));
        Assert.Equal(new ChatEvent.Delta("One"), await NextAsync());
        var next = NextAsync();
        events.Writer.TryWrite(new ChatEvent.Delta(" two"));
        events.Writer.TryWrite(new ChatEvent.Delta(" three"));
        clock.Advance(RunningAnswer.Pause - TimeSpan.FromMilliseconds(1));
        Assert.False(next.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(new ChatEvent.Delta(" two three"), await next);

        next = NextAsync();
        events.Writer.TryWrite(new ChatEvent.Delta(" four"));
        var end = new ChatEvent.Finished(FinishReason.Stop, Usage: null, "gemini/model", Why: null);
        events.Writer.TryWrite(end);
        Assert.Equal(new ChatEvent.Delta(" four"), await next);
        Assert.Equal(end, await NextAsync());
        await growing;

        async Task<ChatEvent?> NextAsync() => await reading.MoveNextAsync() ? reading.Current : null;
    }

    [Fact]
    public async Task An_answer_that_breaks_is_told_at_once()
    {
        using var answer = new RunningAnswer(new TestClock());
        var events = Channel.CreateUnbounded<ChatEvent>(new UnboundedChannelOptions { AllowSynchronousContinuations = true });
        var growing = answer.GrowAsync(events.Reader.ReadAllAsync(Cancelled));
        await using var reading = answer.ReadAsync(Cancelled).GetAsyncEnumerator(Cancelled);
        events.Writer.TryWrite(new ChatEvent.Delta("One"));
        await reading.MoveNextAsync();

        var next = reading.MoveNextAsync().AsTask();
        answer.Break(new IOException("The disk is gone"));

        await Assert.ThrowsAsync<IOException>(() => next);
        events.Writer.Complete();
        await growing;
    }
}
