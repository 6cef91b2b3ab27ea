using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Tests.Running;
using Grpc.Core;
using FailureKind = Clawdex.Llm.V1.FailureKind;

namespace Clawdex.Gateway.Tests.Turns;

/// <summary>V2: a conversation that is too long for its model is summarized until it fits, and nobody reads a transport's words.</summary>
public sealed class LongConversationTests(SharedGateway shared)
{
    private const string Summarize = "Summarize this conversation so far";

    [Theory]
    [InlineData(StatusCode.ResourceExhausted, "Received message exceeds the maximum configured message size.", "This conversation is too long for the model")]
    [InlineData(StatusCode.Unauthenticated, "Bad gRPC response. HTTP status code: 401", "Something went wrong on my side.")]
    [InlineData(StatusCode.FailedPrecondition, "a proxy's words", "Something went wrong on my side.")]
    [InlineData(StatusCode.NotFound, "404 page not found", "Something went wrong on my side.")]
    [InlineData(StatusCode.DeadlineExceeded, "upstream request timeout", "Something went wrong on my side.")]
    [InlineData(StatusCode.Unknown, "Exception was thrown by handler.", "Something went wrong on my side.")]
    public async Task The_words_of_a_transport_are_never_shown(StatusCode status, string words, string shown)
    {
        var question = $"meet a proxy that says {status}";
        shared.Llm.When(question, _ => throw LlmCall.TransportFailure(status, words));
        var chat = await shared.Gateway.ChatAsync();

        await chat.SayAsync(question);

        var told = await chat.ReadsAsync(message => message.Text.StartsWith("⚠️", StringComparison.Ordinal));
        Assert.StartsWith($"⚠️ {shown}", told.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(words, told.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(50, 1500)]
    [InlineData(2, 10)]
    public async Task When_the_beginning_is_left_out_one_answer_says_so_and_after_it_was_whole_again_one_more(int maxHistoryMessages, int length)
    {
        await using var gateway = await GatewayUnderTest.StartAsync(("agent:maxHistoryMessages", $"{maxHistoryMessages}"));
        var chat = await TalkAsync(gateway, new string('x', length), exchanges: 4);

        Assert.Equal([false, true, false, false], (await chat.BotTextsAsync()).Select(text => text.EndsWith(UserTexts.ContextCut, StringComparison.Ordinal)));

        await gateway.StopGatewayAsync();
        await gateway.StartGatewayAsync();
        await chat.SayAsync("after a restart");
        await chat.ReadsAsync("Echo: after a restart");

        await chat.SayAsync("/reset");
        await chat.ReadsAsync(UserTexts.ResetDone);
        foreach (var i in new[] { 5, 6 })
        {
            await chat.SayAsync($"{new string('y', length)} {i}");
            await chat.ReadsAsync(message => message.Text.StartsWith($"Echo: {new string('y', length)} {i}", StringComparison.Ordinal));
        }

        // What stands below an answer comes with its end.
        await chat.ReadsAsync(message => message.Text.StartsWith($"Echo: {new string('y', length)} 6", StringComparison.Ordinal) && message.Text.EndsWith(UserTexts.ContextCut, StringComparison.Ordinal));
        Assert.EndsWith($"5", (await chat.BotTextsAsync())[^2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_conversation_that_one_summary_does_not_make_fit_is_compacted_until_it_fits()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await TalkAsync(gateway, "short", exchanges: 6);
        gateway.Llm.When(Summarize, "A summary.");
        gateway.Llm.When("too long", async call =>
        {
            // As the transport refuses it.
            if (call.Request.Messages.Count > 3)
                throw LlmCall.TransportFailure(StatusCode.ResourceExhausted, "Received message exceeds the maximum configured message size.");
            await call.SayAsync("Now it fits.");
        });

        await chat.SayAsync("too long");

        await chat.ReadsAsync("Now it fits.\n\n🗜 The conversation had become too long for the model, so I summarized its older part.");
        Assert.Equal([13, 7, 5, 3], gateway.Llm.CallsFor("too long").Select(call => call.Request.Messages.Count));
    }

    [Fact]
    public async Task Compact_goes_on_until_the_context_fits_the_models_window()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await TalkAsync(gateway, new string('x', 1500), exchanges: 3); // 6 messages of about 375 tokens; 800 fit.
        gateway.Llm.When(Summarize, "A summary.");

        await chat.SayAsync("/compact");

        await chat.ReadsAsync(message => message.Text.StartsWith("🗜 Compacted: 6 messages and about 2,2", StringComparison.Ordinal)
            && message.Text.Contains(" before, 2 messages and about 7", StringComparison.Ordinal));
        Assert.Equal(2, gateway.Llm.CallsFor(Summarize).Count);
        Assert.All(gateway.Llm.CallsFor(Summarize), call => Assert.InRange(call.Request.Messages.Sum(message => message.Content.Length / 4), 1, 1000));
    }

    [Fact]
    public async Task A_part_that_is_itself_too_long_to_be_summarized_is_taken_in_smaller_pieces()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await TalkAsync(gateway, "a text of some length, in several words", exchanges: 4);
        gateway.Llm.When(Summarize, async call =>
        {
            if (call.Request.Messages.Count > 3)
                throw LlmCall.Failure(FailureKind.ContextTooLong);
            await call.SayAsync("A summary.");
        });

        await chat.SayAsync("/compact");

        await chat.ReadsAsync(message => message.Text.StartsWith("🗜 Compacted: 8 messages", StringComparison.Ordinal)
            && message.Text.Contains("before, 6 messages", StringComparison.Ordinal));
        Assert.Equal([5, 3], gateway.Llm.CallsFor(Summarize).Select(call => call.Request.Messages.Count));
    }

    [Fact]
    public async Task What_was_compacted_before_a_stop_stays_compacted_and_is_told()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await TalkAsync(gateway, new string('x', 1500), exchanges: 3);
        gateway.Llm.When(Summarize, async call =>
        {
            if (gateway.Llm.CallsFor(Summarize).Count > 1)
                await call.HangAsync();
            await call.SayAsync("A summary.");
        });

        await chat.SayAsync("/compact");
        await Eventually.TrueAsync(() => gateway.Llm.CallsFor(Summarize).Count == 2);
        await chat.SayAsync("/stop");

        await chat.ReadsAsync(message => message.Text.StartsWith("🗜 Compacted: 6 messages", StringComparison.Ordinal));
    }

    /// <summary>A chat in which this was said and echoed.</summary>
    private static async Task<TelegramEmulator.Control.EmulatedChat> TalkAsync(GatewayUnderTest gateway, string text, int exchanges)
    {
        // What a provider counts would teach the session another estimate.
        gateway.Llm.PromptTokens = 0;
        var chat = await gateway.ChatAsync();
        foreach (var i in Enumerable.Range(1, exchanges))
        {
            await chat.SayAsync($"{text} {i}");
            // Once, the beginning no longer fits, and the answer says so.
            await chat.ReadsAsync(message => message.Text.StartsWith($"Echo: {text} {i}", StringComparison.Ordinal));
            await Eventually.TrueAsync(() => gateway.Sessions.HistoryOf($"telegram:{chat.Id}").Count == 2 * i);
        }

        return chat;
    }
}
