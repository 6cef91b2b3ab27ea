using System.Text.Json;
using Clawdex.Gateway.Telegram;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Gateway.Updates;
using Clawdex.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Clawdex.Gateway.Tests.Access;

/// <summary>A crowd that has found the bot's name, within one minute.</summary>
public sealed class StrangerFloodTests
{
    private const int Strangers = 10_000;
    private const int MessagesOfEach = 10;

    /// <summary>As many as one poll brings.</summary>
    private const int Batch = 100;

    private const long Owner = 424242;

    private static readonly BotIdentity Bot = new(1, "clawdex_bot");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Costs_no_call_but_twenty_that_say_no_and_the_owner_is_answered_meanwhile()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        // By a webhook, no poll waits for a clock that stands still.
        await using var gateway = await GatewayUnderTest.PrepareAsync(
            time, ("channels:telegram:allowedUsers:0", $"{Owner}"), ("channels:telegram:webhookUrl", "http://127.0.0.1:9/telegram/updates"));
        var owner = await gateway.Telegram.Control.CreateChatAsync(new() { Title = "Ada", Id = Owner }, Cancel);
        await gateway.StartGatewayAsync();
        await Eventually.TrueAsync(() => gateway.Logs.GetSnapshot().Any(record => record.Says("delivers updates to the webhook")));
        var calls = 0;
        gateway.Sessions.Before = _ => Task.FromResult(Interlocked.Increment(ref calls));
        var intake = gateway.Get<UpdateIntake>();

        foreach (var numbers in Enumerable.Range(1, Strangers * MessagesOfEach).Chunk(Batch))
        {
            time.Advance(TimeSpan.FromSeconds(59.9) * Batch / (Strangers * MessagesOfEach));
            Assert.Empty(await intake.HandleAsync(numbers.Select(number => Update(number, 1_000_000 + (number % Strangers), time)), Bot, Cancel));
        }

        Assert.Equal(0, calls);
        Assert.Empty(gateway.Llm.Calls);
        // The crowd's chats are none that the emulator knows, so each attempt to say something there is refused.
        await Eventually.TrueAsync(() => Refused(gateway) == 20);

        await intake.HandleAsync([Update(Strangers * MessagesOfEach + 1, Owner, time)], Bot, Cancel);
        await owner.ReadsAsync("Echo: who are you?");
        Assert.Equal(20, Refused(gateway));
    }

    private static int Refused(GatewayUnderTest gateway) => gateway.Logs.GetSnapshot().Count(record =>
        record.Message.StartsWith("The bot may no longer write to a chat", StringComparison.Ordinal) || record.Message.StartsWith("A send failed for good", StringComparison.Ordinal));

    private static JsonElement Update(int number, long userId, TimeProvider time) => JsonSerializer.SerializeToElement(new
    {
        update_id = number,
        message = new
        {
            message_id = number,
            date = time.GetUtcNow().ToUnixTimeSeconds(),
            chat = new { id = userId, type = "private", first_name = "X" },
            from = new { id = userId, is_bot = false, first_name = "X" },
            text = "who are you?",
        },
    });
}
