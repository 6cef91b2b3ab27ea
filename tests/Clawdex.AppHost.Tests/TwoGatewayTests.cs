using Clawdex.LlmEmulator.Scripts;

namespace Clawdex.AppHost.Tests;

/// <summary>Two gateways on one bot, as real processes: what is answered is answered once, whichever of them dies.</summary>
public sealed class TwoGatewayTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task When_the_gateway_that_answers_is_killed_the_one_that_waits_goes_on_at_once_and_nothing_is_answered_twice()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Finds and kills processes by /proc");
        await using var app = await ClawdexApp.StartAsync(Stop);
        var begins = LlmScript.Of(new ScriptStep.Text("Begun"), new ScriptStep.Hold("taken over"), new ScriptStep.Text(" and done."), new ScriptStep.Finish());
        app.Models.Script(begins with { WhenMessageContains = "a long one" });
        var telegram = app.Telegram.Control;
        var interrupted = await telegram.CreatePrivateChatAsync("Ada", Stop);
        var chats = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => telegram.CreatePrivateChatAsync($"User {i}", Stop)));
        await using var second = SecondGateway.Start(app);
        await second.SaysAsync("Another gateway answers for this bot", Stop);
        var begun = await ClawdexApp.AskAsync(interrupted, "a long one", message => message.Text.StartsWith("Begun", StringComparison.Ordinal), Stop);
        await app.Turns.WaitForStatesAsync(interrupted.Id, ["streaming"], ClawdexApp.Patience, Stop);

        var killed = 0L;
        for (var i = 0; i < 6; i++)
        {
            foreach (var chat in chats)
                await chat.SendTextAsync($"message {i}", Stop);
            if (i != 3)
                continue;
            killed = TimeProvider.System.GetTimestamp();
            await app.Processes.KillAsync("gateway", ClawdexApp.Patience, Stop);
        }

        await second.SaysAsync("this one answers now", Stop);
        TestContext.Current.TestOutputHelper?.WriteLine($"Taken over within {TimeProvider.System.GetElapsedTime(killed).TotalMilliseconds:0} ms");
        app.Models.Release("taken over");
        Assert.Equal(begun.MessageId, (await interrupted.WaitForBotMessageAsync(message => message.Text == "Begun and done.", ClawdexApp.Patience, Stop)).MessageId);
        foreach (var chat in chats)
        {
            await app.Turns.WaitForStatesAsync(chat.Id, [.. Enumerable.Repeat("delivered", 6)], ClawdexApp.Patience, Stop);
            Assert.Equal(6, (await chat.GetMessagesAsync(Stop)).Count(message => message.From.IsBot));
        }

        Assert.Single(await interrupted.GetMessagesAsync(Stop), message => message.From.IsBot);
        Assert.Single(app.Models.Chats, request => request.LastUserMessage == "a long one");
    }

    [Fact]
    public async Task When_the_session_service_is_killed_and_back_the_gateway_that_answered_goes_on_and_the_other_one_waits_on()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Finds and kills processes by /proc");
        await using var app = await ClawdexApp.StartAsync(Stop);
        app.Models.Script(
            LlmScript.Of(new ScriptStep.Text("Slow"), new ScriptStep.Hold("back"), new ScriptStep.Text("ly."), new ScriptStep.Finish()) with { WhenMessageContains = "slow" },
            LlmScript.Reply("Still me.") with { WhenMessageContains = "still" });
        await using var second = SecondGateway.Start(app);
        await second.SaysAsync("Another gateway answers for this bot", Stop);
        var chat = await app.Telegram.Control.CreatePrivateChatAsync("Ada", Stop);
        await ClawdexApp.AskAsync(chat, "a slow one", message => message.Text.StartsWith("Slow", StringComparison.Ordinal), Stop);
        await app.Turns.WaitForStatesAsync(chat.Id, ["streaming"], ClawdexApp.Patience, Stop);

        await app.KillAsync("session", Stop);
        await second.SaysAsync("does not answer", Stop);
        await app.ReviveAsync("session", Stop);
        await app.WaitUntilHealthyAsync(Stop);
        var healthy = TimeProvider.System.GetTimestamp();
        await second.SaysAsync("answers again", Stop);
        TestContext.Current.TestOutputHelper?.WriteLine($"Connected within {TimeProvider.System.GetElapsedTime(healthy).TotalMilliseconds:0} ms of being healthy");
        app.Models.Release("back");

        await ClawdexApp.AskAsync(chat, "is it still you?", message => message.Text == "Still me.", Stop);
        await app.Turns.WaitForStatesAsync(chat.Id, ["delivered", "delivered"], ClawdexApp.Patience, Stop);
        Assert.Equal(["Slowly.", "Still me."], (await chat.GetMessagesAsync(Stop)).Where(message => message.From.IsBot).Select(message => message.Text));
        Assert.Equal(2, app.Models.Chats.Count);
        Assert.False(second.HasSaid("this one answers now"));
    }
}
