using Clawdex.Gateway.Tests.Running;
using Clawdex.Llm.V1;

namespace Clawdex.Gateway.Tests.Turns;

/// <summary>V4: the model that answered is the one that is stored, shown and learnt from.</summary>
public sealed class TrueNamesTests(SharedGateway shared)
{
    [Fact]
    public async Task After_a_fall_back_the_model_that_answered_is_stored_and_shown_and_teaches_nothing_about_the_other()
    {
        shared.Llm.When("who are you?", async call =>
        {
            await call.StartAsync("fake/stand-in");
            await call.SayAsync("The stand-in.");
        });
        var chat = await shared.Gateway.ChatAsync();

        await chat.SayAsync("who are you?");
        await chat.ReadsAsync("The stand-in.\n\n🔀 fake/stand-in answered, because fake/model did not.");

        var completed = await CompletedAsync(chat.Id);
        Assert.Equal(("fake/stand-in", 7, 5, 0), (completed.Model, completed.PromptTokens, completed.CompletionTokens, completed.EstimatedPromptTokens));
        await chat.SayAsync("/status");
        await chat.ReadsAsync(message => message.Text.StartsWith(
            "Model: fake/model (default)\nLast answer: fake/stand-in\nMessages: 2\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_a_fall_back_the_chosen_model_is_stored_and_learnt_from_under_the_name_that_the_user_gave_it()
    {
        shared.Llm.When("who are you, plainly?", async call =>
        {
            await call.SayAsync("The chosen one.");
            await call.FinishAsync(FinishReason.Stop);
        });
        var chat = await shared.Gateway.ChatAsync();

        await chat.SayAsync("who are you, plainly?");
        await chat.ReadsAsync("The chosen one.");

        var completed = await CompletedAsync(chat.Id);
        Assert.Equal(("fake/model", 13), (completed.Model, completed.EstimatedPromptTokens));
        await chat.SayAsync("/status");
        await chat.ReadsAsync(message => message.Text.StartsWith("Model: fake/model (default)\nMessages: 2\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_answer_that_broke_off_names_its_model_too()
    {
        shared.Llm.When("break off, stand-in", async call =>
        {
            await call.StartAsync("fake/stand-in");
            await call.SayAsync("Half an");
            throw LlmCall.Failure(FailureKind.CutOff);
        });
        var chat = await shared.Gateway.ChatAsync();

        await chat.SayAsync("break off, stand-in");
        await chat.ReadsAsync(message => message.Text.StartsWith("Half an\n\n🔀 fake/stand-in answered, because fake/model did not.\n⚠️ Gemini broke off", StringComparison.Ordinal));

        Assert.Equal("fake/stand-in", (await CompletedAsync(chat.Id)).Model);
    }

    private async Task<AnswerCost> CompletedAsync(long chatId)
    {
        await Eventually.TrueAsync(() => shared.Sessions.TurnsOf(chatId) is [{ State: >= Sessions.V1.TurnState.Delivered }]);
        return shared.Sessions.CostOf(shared.Sessions.TurnsOf(chatId)[0].TurnId);
    }
}
