using Clawdex.Gateway.Tests.Running;
using Clawdex.Gateway.Turns;
using Clawdex.TelegramEmulator.Control;
using Clawdex.TelegramEmulator.Faults;

namespace Clawdex.Gateway.Tests.Updates;

/// <summary>A group that becomes a supergroup while an answer is under way in it: one conversation, whichever id it is called by.</summary>
public sealed class MigrationTests(SharedGateway shared)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_written_to_the_supergroup_waits_for_the_answer_that_began_in_the_group()
    {
        var gate = new Gate();
        var group = await AskAsync("start before the move", async call =>
        {
            await gate.PassAsync(call.Cancelled);
            await call.SayAsync("began before");
        });
        await group.SayAsync("@clawdex_bot wait before the move");

        var supergroup = await group.MigrateAsync(Cancel);
        await supergroup.SayAsync("@clawdex_bot asked after the move");
        await supergroup.SayAsync("/status");
        await supergroup.ReadsAsync(message => message.Text.Contains("Messages: 3", StringComparison.Ordinal));
        Assert.Empty(shared.Llm.CallsFor("asked after the move"));
        gate.Open();

        await supergroup.ReadsAsync("Echo: asked after the move");
        Assert.Equal(
            ["began before", "Echo: wait before the move", "Echo: asked after the move"],
            (await supergroup.BotTextsAsync()).Where(text => !text.Contains("Messages:", StringComparison.Ordinal)));
        Assert.Equal(
            ["user: start before the move", "assistant: began before", "user: wait before the move", "assistant: Echo: wait before the move", "user: asked after the move"],
            Assert.Single(shared.Llm.CallsFor("asked after the move")).Prompt);
    }

    [Fact]
    public async Task An_answer_that_began_in_the_group_is_sent_anew_to_the_supergroup_where_its_number_is_anothers()
    {
        var gate = new Gate();
        var group = await AskAsync("grow during the move", async call =>
        {
            await call.SayAsync("Before");
            await gate.PassAsync(call.Cancelled);
            await call.SayAsync(" and after.");
        });
        await group.ReadsAsync("Before");

        var supergroup = await group.MigrateAsync(Cancel);
        await Eventually.TrueAsync(() => shared.Gateway.Get<ChatIds>().IsMoved(group.Id));
        gate.Open();
        await supergroup.ReadsAsync("Before and after.");

        Assert.DoesNotContain(await supergroup.TimelineAsync(), entry => entry.Kind is TimelineKind.Edit or TimelineKind.Delete);
        Assert.Equal(["Before"], await group.BotTextsAsync());
    }

    [Fact]
    public async Task Stop_in_the_supergroup_ends_the_answer_that_began_in_the_group()
    {
        var group = await AskAsync("run until the supergroup says stop", call => call.HangAsync());

        var supergroup = await group.MigrateAsync(Cancel);
        await supergroup.SayAsync("/stop");

        await shared.Llm.CallsFor("run until the supergroup says stop")[0].WasCancelled.WaitAsync(GatewayUnderTest.Soon, Cancel);
        await supergroup.ReadsAsync("⏹ Stopped before the first word.");
    }

    [Fact]
    public async Task Stop_reaches_the_answer_when_only_the_supergroup_tells_where_it_came_from()
    {
        var group = await AskAsync("only the new chat tells", call => call.HangAsync());
        var supergroup = await shared.Telegram.CreateSupergroupAsync("Grown", Cancel);

        await shared.Telegram.InjectUpdateAsync(
            $$$"""{"message":{"message_id":1,"date":{{{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}}},"chat":{"id":{{{supergroup.Id}}},"type":"supergroup","title":"Grown"},"from":{"id":1087968824,"is_bot":true,"first_name":"Group"},"migrate_from_chat_id":{{{group.Id}}}}}""",
            Cancel);
        await supergroup.SayAsync("/stop");

        await shared.Llm.CallsFor("only the new chat tells")[0].WasCancelled.WaitAsync(GatewayUnderTest.Soon, Cancel);
        await supergroup.ReadsAsync("⏹ Stopped before the first word.");
    }

    [Fact]
    public async Task Stop_reaches_the_answer_when_only_a_refused_send_tells_where_the_group_went()
    {
        var group = await AskAsync("only a send tells", async call =>
        {
            await call.SayAsync("moved");
            await call.HangAsync();
        }, async chat =>
        {
            var supergroup = await shared.Telegram.CreateSupergroupAsync("Grown", Cancel);
            await shared.Telegram.AddFaultAsync(
                new Fault(FaultKind.Respond)
                {
                    ChatId = chat.Id,
                    Times = 0,
                    Status = 400,
                    Body = $$$"""{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":{{{supergroup.Id}}}}}""",
                }, Cancel);
            return supergroup;
        });
        await group.ReadsAsync("moved");

        await group.SayAsync("/stop");

        await group.ReadsAsync("moved\n\n⏹ Stopped.");
    }

    [Fact]
    public async Task The_move_and_what_was_written_behind_it_may_come_in_one_batch()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var (asked, model) = (new Gate(), new Gate());
        var store = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        gateway.Llm.When("before", async call =>
        {
            await model.PassAsync(call.Cancelled);
            await call.SayAsync("began before");
        });
        var group = await gateway.Telegram.Control.CreateGroupAsync("Growing", Cancel);
        await group.SayAsync("@clawdex_bot before");
        await Eventually.TrueAsync(() => gateway.Llm.CallsFor("before").Count == 1);
        gateway.Sessions.Before = async method =>
        {
            if (method != "AcceptMessage")
                return;
            asked.Open();
            await store.Task;
        };

        await (await gateway.ChatAsync()).SayAsync("holds up the poll");
        await asked.PassAsync(Cancel);
        await group.SayAsync("@clawdex_bot last words");
        var supergroup = await group.MigrateAsync(Cancel);
        await supergroup.SayAsync("@clawdex_bot first words");
        store.SetResult();
        await Eventually.TrueAsync(() => gateway.Sessions.HistoryOf($"telegram:{supergroup.Id}").Contains("user: first words"));
        Assert.Empty(gateway.Llm.CallsFor("first words"));
        model.Open();

        await supergroup.ReadsAsync("Echo: first words");
        Assert.Equal(["began before", "Echo: last words", "Echo: first words"], await supergroup.BotTextsAsync());
    }

    [Fact]
    public async Task The_conversation_moves_also_when_somebody_who_is_not_served_upgrades_the_group()
    {
        // Who has added the bot to the group, as the emulator counts.
        await using var gateway = await GatewayUnderTest.StartAsync(("channels:telegram:allowedUsers:0", "1001"));
        var group = await gateway.Telegram.Control.CreateGroupAsync("Growing", Cancel);
        await group.SayAsync("@clawdex_bot before the move");
        await group.ReadsAsync("Echo: before the move");
        await Eventually.TrueAsync(() => gateway.Get<ChatQueues>().IsIdle(new Conversation(group.Id)));
        var supergroup = await gateway.Telegram.Control.CreateSupergroupAsync("Grown", Cancel);

        await gateway.Telegram.Control.InjectUpdateAsync(
            $$$"""{"message":{"message_id":1,"date":{{{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}}},"chat":{"id":{{{supergroup.Id}}},"type":"supergroup","title":"Grown"},"from":{"id":1087968824,"is_bot":true,"first_name":"Group"},"migrate_from_chat_id":{{{group.Id}}}}}""",
            Cancel);

        await Eventually.TrueAsync(() => gateway.Sessions.HistoryOf($"telegram:{supergroup.Id}").Count == 2);
        await supergroup.SayAsync("@clawdex_bot after the move");
        await supergroup.ReadsAsync("Echo: after the move");
        Assert.Equal(3, Assert.Single(gateway.Llm.CallsFor("after the move")).Prompt.Count);
    }

    /// <summary>A group in which the model has begun to answer that question.</summary>
    private async Task<EmulatedChat> AskAsync(string question, Func<LlmCall, Task> script, Func<EmulatedChat, Task<EmulatedChat>>? move = null)
    {
        shared.Llm.When(question, script);
        var group = await shared.Telegram.CreateGroupAsync("Growing", Cancel);
        var place = move is null ? group : await move(group);
        await group.SayAsync($"@clawdex_bot {question}");
        await Eventually.TrueAsync(() => shared.Llm.CallsFor(question).Count == 1);
        return place;
    }
}
