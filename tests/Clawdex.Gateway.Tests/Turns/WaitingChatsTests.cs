using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;
using Clawdex.TelegramEmulator;
using Clawdex.TelegramEmulator.Control;
using Microsoft.Extensions.Time.Testing;

namespace Clawdex.Gateway.Tests.Turns;

/// <summary>
/// What restarts cost those who only wait, counted at Telegram: nothing. The model holds back the few answers that are worked on,
/// so that at each restart most chats have not been looked at.
/// </summary>
public sealed class WaitingChatsTests
{
    private const int Chats = 300;

    /// <summary>How many of those who waited through a restart are answered at the same time.</summary>
    private const int AtATime = 8;

    /// <summary>The most calls that are spent on one turn's lost message.</summary>
    private const int LongestSearch = 32;

    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Twenty_restarts_with_300_waiting_chats_cost_no_call_but_the_sends_and_edits_of_the_answers()
    {
        const int restarts = 20;
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var gateway = await GatewayUnderTest.PrepareAsync(time);
        var chats = await WaitAsync(gateway);

        for (var restart = 0; restart < restarts; restart++)
        {
            await StartAndAskAsync(gateway);
            await StopAsync(gateway, time);
        }

        var asked = await AssertSilentButInAskedAsync(gateway, chats);
        await AnswerAllAsync(gateway, time);

        Assert.InRange(asked.Count, AtATime, restarts * AtATime);
        foreach (var chat in chats)
        {
            var calls = await CallsInAsync(chat);
            Assert.Equal("sendMessage", calls[0]);
            Assert.All(calls.Skip(1), method => Assert.Equal("editMessageText", method));
        }
    }

    [Fact]
    public async Task Kills_with_300_waiting_chats_cost_calls_only_where_an_answer_was_worked_on()
    {
        const int kills = 4;
        await using var gateway = await GatewayUnderTest.PrepareAsync(
            null, ("channels:telegram:limits:chatPerSecond", "1"), ("channels:telegram:limits:groupPerMinute", "20"));
        await gateway.Telegram.Control.SetLimitsAsync(new FloodLimits { Enabled = true }, Cancel);
        var chats = await WaitAsync(gateway);

        for (var kill = 0; kill < kills; kill++)
        {
            await StartAndAskAsync(gateway);
            await gateway.KillGatewayAsync();
        }

        var asked = await AssertSilentButInAskedAsync(gateway, chats);
        await AnswerAllAsync(gateway, null);

        Assert.InRange(asked.Count, AtATime, kills * AtATime);
        foreach (var chat in chats)
        {
            var timeline = await chat.TimelineAsync();
            Assert.DoesNotContain(timeline, entry => entry.ErrorCode is 429);
            var calls = await CallsInAsync(chat);
            Assert.Single(calls, method => method == "sendMessage");
            Assert.DoesNotContain("deleteMessage", calls);
            Assert.InRange(calls.Count(method => method == "editMessageReplyMarkup"), 0, asked.Contains(chat.Id) ? kills * LongestSearch : 0);
        }
    }

    /// <summary>The chats, each with a message that an earlier gateway took in and did not answer.</summary>
    private async Task<IReadOnlyList<EmulatedChat>> WaitAsync(GatewayUnderTest gateway)
    {
        var chats = await Task.WhenAll(Enumerable.Range(0, Chats).Select(_ => gateway.ChatAsync()));
        foreach (var chat in chats)
        {
            gateway.Llm.When(QuestionIn(chat), async call =>
            {
                await _released.Task.WaitAsync(call.Cancelled);
                await call.SayAsync("Here.");
            });
            gateway.Sessions.Leave($"telegram:{chat.Id}", QuestionIn(chat), TurnState.Accepted, TimeProvider.System.GetUtcNow());
        }

        return chats;
    }

    /// <summary>Starts the gateway, and waits until it works on as many answers as it does at a time.</summary>
    private static async Task StartAndAskAsync(GatewayUnderTest gateway)
    {
        var before = gateway.Llm.Calls.Count;
        await gateway.StartGatewayAsync();
        await Eventually.TrueAsync(() => gateway.Llm.Calls.Count >= before + AtATime);
    }

    private static async Task StopAsync(GatewayUnderTest gateway, FakeTimeProvider time)
    {
        var stopping = gateway.StopGatewayAsync();
        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(500));
            return stopping.IsCompleted;
        });
        await stopping;
    }

    private async Task AnswerAllAsync(GatewayUnderTest gateway, FakeTimeProvider? time)
    {
        _released.SetResult();
        await gateway.StartGatewayAsync();
        await Eventually.TrueAsync(() =>
        {
            time?.Advance(TimeSpan.FromMilliseconds(500));
            return gateway.Sessions.Turns.All(turn => turn.State is TurnState.Delivered);
        });
    }

    private static string QuestionIn(EmulatedChat chat) => $"I can wait in {chat.Id}";

    /// <returns>The chats whose question the model was asked; nothing was called for any other.</returns>
    private static async Task<HashSet<long>> AssertSilentButInAskedAsync(GatewayUnderTest gateway, IReadOnlyList<EmulatedChat> chats)
    {
        var asked = chats.Where(chat => gateway.Llm.CallsFor(QuestionIn(chat)).Count > 0).Select(chat => chat.Id).ToHashSet();
        foreach (var chat in chats.Where(chat => !asked.Contains(chat.Id)))
            Assert.Empty(await CallsInAsync(chat));
        return asked;
    }

    private static async Task<IReadOnlyList<string>> CallsInAsync(EmulatedChat chat) =>
        [.. (await chat.TimelineAsync()).Where(entry => entry.Method is not null && entry.Kind is not TimelineKind.ChatAction).Select(entry => entry.Method ?? "")];
}
