using System.Text.RegularExpressions;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;
using Clawdex.Testing;
using Grpc.Core;
using FailureKind = Clawdex.Llm.V1.FailureKind;
using FinishReason = Clawdex.Llm.V1.FinishReason;

namespace Clawdex.Gateway.Tests.Turns;

/// <summary>A model or its provider fails: the user reads one sentence, and the history stays clean.</summary>
public sealed class FailureTests(SharedGateway shared)
{
    [Theory]
    [InlineData("KeyRejected", "The key for Gemini was rejected: check gemini:apiKey.")]
    [InlineData("RateLimited", "Gemini is receiving too many requests: try again later.")]
    [InlineData("NotConfigured", "Gemini is not configured: set gemini:apiKey, or choose another model with /model.")]
    [InlineData("Overloaded", "Gemini is overloaded or down at the moment: try again later.")]
    [InlineData("Silent", "Gemini has said nothing for too long. Try again.")]
    [InlineData("UnknownModel", "Gemini has no model 'fake': choose another one with /model.")]
    public async Task A_failure_becomes_one_sentence_with_a_reference_and_never_enters_the_history(string kind, string message)
    {
        var question = $"fail as {kind}";
        shared.Llm.When(question, _ => throw LlmCall.Failure(Enum.Parse<FailureKind>(kind)));
        var chat = await shared.Gateway.ChatAsync();

        await chat.SayAsync(question);

        var shown = await chat.ReadsAsync(text => text.Text.StartsWith("⚠️", StringComparison.Ordinal));
        Assert.Matches($@"^⚠️ {Regex.Escape(message)} \(ref [0-9a-f]{{8}}\)$", shown.Text);
        Assert.Equal(TurnState.Failed, (await SettledAsync(chat.Id)).State);
        Assert.Equal([$"user: {question}"], shared.Sessions.HistoryOf($"telegram:{chat.Id}"));
    }

    [Fact]
    public async Task A_failure_after_some_text_keeps_the_text_and_says_why_it_ends()
    {
        shared.Llm.When("break off", async call =>
        {
            await call.SayAsync("Half an");
            throw LlmCall.Failure(FailureKind.CutOff);
        });
        var chat = await shared.Gateway.ChatAsync();

        await chat.SayAsync("break off");

        await chat.ReadsAsync(text => Regex.IsMatch(text.Text, @"^Half an\n\n⚠️ Gemini broke off before the answer was complete\. Try again\. \(ref [0-9a-f]{8}\)$"));
        Assert.Equal(TurnState.Interrupted, (await SettledAsync(chat.Id)).State);
        Assert.Equal(["user: break off", "assistant: Half an"], shared.Sessions.HistoryOf($"telegram:{chat.Id}"));
    }

    [Theory]
    [InlineData(nameof(FinishReason.Length), "Text\n\n✂️ Cut at the model's length limit. Ask me to continue for more.")]
    [InlineData(nameof(FinishReason.ContentFilter), "Text\n\n🚫 The model's provider blocked the rest of this answer.")]
    public async Task An_answer_that_is_cut_says_so(string reason, string shown)
    {
        var question = $"end by {reason}";
        shared.Llm.When(question, async call =>
        {
            await call.SayAsync("Text");
            await call.FinishAsync(Enum.Parse<FinishReason>(reason));
        });
        var chat = await shared.Gateway.ChatAsync();

        await chat.SayAsync(question);

        await chat.ReadsAsync(shown);
        Assert.Equal("Text", (await SettledAsync(chat.Id)).AnswerText);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \n\t ")]
    [InlineData("\u200b\ufeff")]
    [InlineData("\u2800")]
    [InlineData("\ufffc")]
    public async Task An_empty_answer_gets_a_notice_and_never_an_empty_message(string answer)
    {
        var question = $"say nothing with {string.Join(' ', answer.Select(c => (int)c))}";
        shared.Llm.When(question, answer);
        var chat = await shared.Gateway.ChatAsync();

        await chat.SayAsync(question);

        await chat.ReadsAsync("The model gave an empty answer. Try to rephrase your message.");
        Assert.Equal(TurnState.Failed, (await SettledAsync(chat.Id)).State);
    }

    [Fact]
    public async Task A_picture_in_an_answer_leaves_its_words_and_one_sentence()
    {
        shared.Llm.When("draw a cat", async call =>
        {
            await call.SayAsync("Here it is.");
            await call.FinishAsync(FinishReason.Stop, new Llm.V1.Failure { Kind = FailureKind.PictureLeftOut, Provider = "gemini" });
        });
        var chat = await shared.Gateway.ChatAsync();

        await chat.SayAsync("draw a cat");

        await chat.ReadsAsync("Here it is.\n\n🖼 The answer came with a picture or another file, which I cannot show here.");
        var turn = await SettledAsync(chat.Id);
        Assert.Equal((TurnState.Delivered, "Here it is."), (turn.State, turn.AnswerText));
    }

    [Fact]
    public async Task A_refusal_without_text_shows_its_reason()
    {
        shared.Llm.When("be blocked", call => call.FinishAsync(FinishReason.ContentFilter, new Llm.V1.Failure { Kind = FailureKind.Refused, Provider = "gemini", ProviderSays = "safety" }));
        var chat = await shared.Gateway.ChatAsync();

        await chat.SayAsync("be blocked");

        await chat.ReadsAsync(text => text.Text.StartsWith("⚠️ Gemini refused this message (safety). Rephrase it, or start anew with /reset. (ref ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_conversation_that_is_too_long_is_compacted_once_and_answered()
    {
        var chat = await shared.Gateway.ChatAsync();
        shared.Llm.When("Summarize this conversation so far", "A summary.");
        foreach (var text in new[] { "long one", "long two" })
        {
            await chat.SayAsync(text);
            await chat.ReadsAsync($"Echo: {text}");
        }

        shared.Llm.When("too long", async call =>
        {
            if (call.Request.Messages.Count > 3)
                throw LlmCall.Failure(FailureKind.ContextTooLong);
            await call.SayAsync("Now it fits.");
        });
        await chat.SayAsync("too long");

        await chat.ReadsAsync("Now it fits.\n\n🗜 The conversation had become too long for the model, so I summarized its older part.");
        Assert.Equal(2, shared.Llm.CallsFor("too long").Count);
    }

    [Fact]
    public async Task A_single_message_that_is_too_long_is_told_so_after_one_try()
    {
        shared.Llm.When("hopeless", _ => throw LlmCall.Failure(FailureKind.ContextTooLong));
        var chat = await shared.Gateway.ChatAsync();

        await chat.SayAsync("hopeless");

        await chat.ReadsAsync(text => text.Text.StartsWith("⚠️ The conversation is too long for fake: use /compact or /reset. (ref ", StringComparison.Ordinal));
        Assert.Single(shared.Llm.CallsFor("hopeless"));
    }

    [Fact]
    public async Task While_the_session_service_is_away_a_message_waits_and_is_answered_afterwards()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();
        gateway.Sessions.Outage = new Status(StatusCode.Unavailable, "restarting");

        await chat.SayAsync("wait for it");
        await Eventually.TrueAsync(() => gateway.Logs.GetSnapshot().Any(record => record.Says("session service does not answer")));
        gateway.Sessions.Outage = null;

        await chat.ReadsAsync("Echo: wait for it");
        Assert.Equal(["Echo: wait for it"], await chat.BotTextsAsync());
    }

    private async Task<Turn> SettledAsync(long chatId)
    {
        await Eventually.TrueAsync(() => shared.Sessions.TurnsOf(chatId) is [.., { State: >= TurnState.Delivered }]);
        return shared.Sessions.TurnsOf(chatId)[^1];
    }
}
