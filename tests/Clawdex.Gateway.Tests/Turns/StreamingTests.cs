using Clawdex.Gateway.Tests.Running;

namespace Clawdex.Gateway.Tests.Turns;

/// <summary>The product: a message goes in, an answer grows in place and is remembered.</summary>
public sealed class StreamingTests(SharedGateway shared)
{
    [Fact]
    public async Task An_answer_grows_in_one_message_and_ends_as_the_models_text()
    {
        var gate = new Gate();
        shared.Llm.When("grow", async call =>
        {
            foreach (var word in new[] { "One ", "two ", "three ", "four." })
            {
                await call.SayAsync(word);
                await gate.PassAsync(call.Cancelled);
            }
        });
        var chat = await shared.Gateway.ChatAsync();

        await chat.SayAsync("grow");
        foreach (var shown in new[] { "One", "One two", "One two three", "One two three four." })
        {
            await chat.ReadsAsync(shown);
            gate.Open();
        }

        await Eventually.TrueAsync(() => shared.Sessions.TurnsOf(chat.Id).All(turn => turn.State is Sessions.V1.TurnState.Delivered));
        Assert.Equal(["One two three four."], await chat.BotTextsAsync());
        Assert.Equal(["user: grow", "assistant: One two three four."], shared.Sessions.HistoryOf($"telegram:{chat.Id}"));
    }

    [Fact]
    public async Task The_second_turn_carries_the_first_to_the_model()
    {
        var chat = await shared.Gateway.ChatAsync();

        await chat.SayAsync("my name is Ann");
        await chat.ReadsAsync("Echo: my name is Ann");
        await chat.SayAsync("what is my name?");
        await chat.ReadsAsync("Echo: what is my name?");

        var call = Assert.Single(shared.Llm.CallsFor("what is my name?"));
        Assert.Equal(["user: my name is Ann", "assistant: Echo: my name is Ann", "user: what is my name?"], call.Prompt);
        Assert.Equal("You are a helpful assistant.", call.Request.SystemPrompt);
        Assert.Equal("fake/model", call.Request.Model);
    }
}
