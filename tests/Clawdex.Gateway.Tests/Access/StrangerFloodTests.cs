using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Clawdex.Gateway.Telegram;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Gateway.Turns;
using Clawdex.Gateway.Updates;
using Clawdex.TelegramEmulator.Control;
using Clawdex.TelegramEmulator.Faults;
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

    /// <summary>By such a number no other test's updates go.</summary>
    private const int FirstDeed = 1_900_000_000;

    private static readonly BotIdentity Bot = new(1, "clawdex_bot");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Costs_no_call_but_twenty_that_say_no_and_the_owner_is_answered_meanwhile()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var gateway = await PrepareAsync(time);
        var owner = await StartAsync(gateway);
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

    [Fact]
    public async Task Whatever_they_do_is_done_one_thing_at_a_time_without_a_trace_and_the_owner_is_answered_meanwhile()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var gateway = await PrepareAsync(time);
        var owner = await StartAsync(gateway);
        var traced = new ConcurrentQueue<int>();
        using var listener = Listen(traced);
        await gateway.Telegram.Control.AddFaultAsync(new Fault(FaultKind.Hang, "leaveChat", Times: 0), Cancel);
        var (moves, store) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        gateway.Sessions.Before = method => method is "MoveSession" && Interlocked.Increment(ref moves) > 0 ? store.Task : Task.CompletedTask;
        var intake = gateway.Get<UpdateIntake>();
        List<JsonElement> deeds = [.. Enumerable.Range(1, 200).SelectMany(DeedsOf).Select((deed, index) => Update(FirstDeed + 1 + index, deed))];

        // What is said to the first one is all that may be said within a second.
        await intake.HandleAsync([Update(FirstDeed, 1_000_000, time)], Bot, Cancel);
        foreach (var batch in deeds.Chunk(Batch))
            Assert.Empty(await intake.HandleAsync(batch, Bot, Cancel).WaitAsync(GatewayUnderTest.Soon, Cancel));
        var last = FirstDeed + 1 + deeds.Count;
        await intake.HandleAsync([Update(last, Owner, time)], Bot, Cancel);

        await owner.ReadsAsync("Echo: who are you?");
        await Eventually.TrueAsync(() => traced.Contains(FirstDeed) && traced.Contains(last) && gateway.Network.Calls("leaveChat") == 1 && Volatile.Read(ref moves) == 1);
        Assert.Equal([FirstDeed, last], traced.Order());
        store.SetResult();
        await Eventually.TrueAsync(() => Enumerable.Range(1, 200).SelectMany(GroupsOf).Count(gateway.Get<ChatIds>().IsMoved) == 1 + ChatQueues.Capacity);
        await gateway.Telegram.Control.ClearFaultsAsync(Cancel);
        time.Advance(BotConnection.CallTimeout);
        await Eventually.TrueAsync(() => gateway.Network.Calls("leaveChat") == 1 + ChatQueues.Capacity);
    }

    // By a webhook, no poll waits for a clock that stands still.
    private static Task<GatewayUnderTest> PrepareAsync(TimeProvider time) => GatewayUnderTest.PrepareAsync(
        time, ("channels:telegram:allowedUsers:0", $"{Owner}"), ("channels:telegram:webhookUrl", "http://127.0.0.1:9/telegram/updates"));

    private static async Task<EmulatedChat> StartAsync(GatewayUnderTest gateway)
    {
        var owner = await gateway.Telegram.Control.CreateChatAsync(new() { Title = "Ada", Id = Owner }, Cancel);
        await gateway.StartGatewayAsync();
        await Eventually.TrueAsync(() => gateway.Logs.GetSnapshot().Any(record => record.Says("delivers updates to the webhook")));
        return owner;
    }

    /// <summary>Notes each update that has a trace.</summary>
    private static ActivityListener Listen(ConcurrentQueue<int> updates)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == GatewayTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = span =>
            {
                if (span.GetTagItem("clawdex.update.id") is int id && id >= FirstDeed)
                    updates.Enqueue(id);
            },
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    /// <summary>The groups that a stranger upgrades.</summary>
    private static long[] GroupsOf(int stranger) => [-1_000 - stranger, -500_000 - stranger];

    /// <summary>What a stranger can make Telegram tell the bot, also what it is not asked for.</summary>
    private static (string Kind, object What)[] DeedsOf(int stranger)
    {
        var (from, bot) = (new { id = 2_000_000 + stranger, is_bot = false, first_name = "X" }, new { id = Bot.Id, is_bot = true, first_name = "Clawdex" });
        var self = new { from.id, type = "private", first_name = "X" };
        var (group, grown) = (new { id = GroupsOf(stranger)[0], type = "group", title = "X" }, new { id = -1_000_000_000_000 - stranger, type = "supergroup", title = "X" });
        var (member, left, kicked) = (new { status = "member", user = bot }, new { status = "left", user = bot }, new { status = "kicked", user = bot, until_date = 0 });
        return
        [
            ("my_chat_member", new { chat = group, from, date = 1, old_chat_member = left, new_chat_member = member }),
            ("my_chat_member", new { chat = group, from, date = 1, old_chat_member = member, new_chat_member = kicked }),
            ("my_chat_member", new { chat = self, from, date = 1, old_chat_member = member, new_chat_member = kicked }),
            ("my_chat_member", new { chat = self, from, date = 1, old_chat_member = kicked, new_chat_member = member }),
            ("message", new { message_id = 1, date = 1, chat = group, from, migrate_to_chat_id = grown.id }),
            ("message", new { message_id = 1, date = 1, chat = grown, from, migrate_from_chat_id = GroupsOf(stranger)[1] }),
            ("message", new { message_id = 2, date = 1, chat = self, from, sticker = new { file_id = "1", file_unique_id = "1", type = "regular", width = 1, height = 1, is_animated = false, is_video = false } }),
            ("edited_message", new { message_id = 2, date = 1, edit_date = 2, chat = self, from, text = "edited" }),
            ("callback_query", new { id = "1", from, chat_instance = "1", data = "x", message = new { message_id = 1, date = 0, chat = self } }),
            ("channel_post", new { message_id = 1, date = 1, chat = new { id = grown.id, type = "channel", title = "X" }, text = "post" }),
            ("business_message", new { message_id = 1, date = 1, chat = self, from, text = "business" }),
            ("message_reaction", new { chat = self, message_id = 1, user = from, date = 1, old_reaction = Array.Empty<object>(), new_reaction = Array.Empty<object>() }),
            ("chat_join_request", new { chat = grown, from, user_chat_id = from.id, date = 1 }),
            ("inline_query", new { id = "1", from, query = "x", offset = "" }),
            ("poll_answer", new { poll_id = "1", user = from, option_ids = Array.Empty<int>() }),
        ];
    }

    private static JsonElement Update(int number, (string Kind, object What) deed) =>
        JsonSerializer.SerializeToElement(new Dictionary<string, object> { ["update_id"] = number, [deed.Kind] = deed.What });

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
