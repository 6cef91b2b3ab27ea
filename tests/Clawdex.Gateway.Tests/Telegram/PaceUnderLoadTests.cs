using Clawdex.Gateway.Tests.Running;
using Clawdex.TelegramEmulator.Control;
using Clawdex.TelegramEmulator.Faults;
using Clawdex.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Clawdex.Gateway.Tests.Telegram;

/// <summary>Answers in many chats at once, when Telegram begins to refuse the bot's calls.</summary>
public sealed class PaceUnderLoadTests
{
    private const int Chats = 60;
    private const int Ended = 5;

    private static readonly string More = new('x', 120);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Edits_of_growing_answers_are_spread_and_first_and_complete_texts_are_not()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var gateway = await GatewayUnderTest.PrepareAsync(time);
        await gateway.StartGatewayAsync();
        var chats = await Task.WhenAll(Enumerable.Range(0, Chats).Select(_ => gateway.ChatAsync()));
        var (grow, end) = (chats.ToDictionary(chat => chat.Id, _ => NewSignal()), chats.ToDictionary(chat => chat.Id, _ => NewSignal()));
        foreach (var chat in chats)
        {
            gateway.Llm.When($"talk in {chat.Id}", async call =>
            {
                await call.SayAsync("Begun. ");
                await grow[chat.Id].Task.WaitAsync(call.Cancelled);
                await call.SayAsync(More);
                await end[chat.Id].Task.WaitAsync(call.Cancelled);
                await call.SayAsync(" The end.");
            });
            await chat.SayAsync($"talk in {chat.Id}");
        }

        foreach (var chat in chats)
            await chat.ReadsAsync("Begun.");
        await gateway.Telegram.Control.AddFaultAsync(new Fault(FaultKind.TooManyRequests, "editMessageText", chats[^1].Id, RetryAfter: 1), Cancel);
        grow[chats[^1].Id].SetResult();
        await Eventually.TrueAsync(() => gateway.Logs.GetSnapshot().Any(record => record.Says("Telegram allows no edit")));

        foreach (var chat in chats)
            grow[chat.Id].TrySetResult();
        foreach (var chat in chats.Take(Ended))
        {
            end[chat.Id].SetResult();
            await chat.ReadsAsync($"Begun. {More} The end.");
        }

        var late = await gateway.ChatAsync();
        await late.SayAsync("hello");
        await late.ReadsAsync("Echo: hello");
        // Not a moment has passed for the gateway: it has had time for the first of the edits, and for whatever does not wait.
        Assert.InRange((await Task.WhenAll(chats.Select(HasGrownAsync))).Count(hasGrown => hasGrown), Ended, Ended + 2);

        var refusedAt = time.GetUtcNow();
        await Eventually.TrueAsync(async _ =>
        {
            time.Advance(TimeSpan.FromMilliseconds(50));
            return (await Task.WhenAll(chats.Select(HasGrownAsync))).All(hasGrown => hasGrown);
        });
        Assert.InRange(time.GetUtcNow() - refusedAt, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(15));
        foreach (var chat in chats)
            end[chat.Id].TrySetResult();
        foreach (var chat in chats)
            await chat.ReadsAsync($"Begun. {More} The end.");
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static async Task<bool> HasGrownAsync(EmulatedChat chat) => (await chat.BotTextsAsync())[^1].Contains(More, StringComparison.Ordinal);
}
