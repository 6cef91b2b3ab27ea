using System.Diagnostics;
using System.Text.RegularExpressions;
using Clawdex.Gateway.Tests.Access;
using Clawdex.Gateway.Tests.Running;
using Clawdex.TelegramEmulator.Control;
using Clawdex.TelegramEmulator.Faults;

namespace Clawdex.Gateway.Tests.Commands;

public sealed class CommandTests(SharedGateway shared)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Help_lists_the_commands_of_the_specification_with_start_and_stop()
    {
        var chat = await shared.Gateway.ChatAsync();

        await chat.SayAsync("/help");

        await chat.ReadsAsync(
            """
            /reset - Clear session history
            /forget - Delete everything stored about this chat
            /status - Show model, message count, session age
            /model <name> - Switch model for this session (e.g., /model openai/gpt-4o)
            /model - Show current model
            /rich on, /rich off - Show tables and formulas as your client draws them (on), or as text (off)
            /compact - Summarize old messages to free context window
            /compact undo - Take the last summary back
            /retry - Answer the last question again
            /undo - Take the last question and its answer back
            /help - List available commands
            /stop - Stop the current answer
            /start - Say hello
            """.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task Start_greets_whatever_its_payload()
    {
        var chat = await shared.Gateway.ChatAsync();

        await chat.SayAsync("/start some_payload");

        await chat.ReadsAsync(message => message.Text.Contains("/help", StringComparison.Ordinal));
        Assert.Empty(shared.Sessions.TurnsOf(chat.Id));
    }

    [Fact]
    public async Task Status_shows_model_count_age_and_context()
    {
        var chat = await shared.Gateway.ChatAsync();
        await chat.SayAsync("hi");
        await chat.ReadsAsync("Echo: hi");
        await Eventually.TrueAsync(() => shared.Sessions.HistoryOf($"telegram:{chat.Id}").Count == 2);

        await chat.SayAsync("/STATUS");

        var traceId = ActivityContext.Parse(shared.Sessions.TurnsOf(chat.Id)[0].TraceParent, null).TraceId;
        // Other tests share the day.
        await chat.ReadsAsync(message => Regex.IsMatch(
            message.Text,
            $"^Model: fake/model \\(default\\)\nMessages: 2\nSession age: less than a minute\nContext: about 3 of 1,000 tokens\nTokens today: 12 yours, [0-9,]+ in all\nLast trace: {traceId}$"));
    }

    [Theory]
    [InlineData(1_234, "$0.0025")]
    [InlineData(1_250_000, "$2.50")]
    [InlineData(40, "less than $0.0001")]
    public async Task Status_shows_what_the_conversation_cost_where_the_provider_says_so(long microdollars, string shown)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        gateway.Llm.CostMicrodollars = microdollars;
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("hi");
        await Eventually.TrueAsync(() => gateway.Sessions.Turns is [{ State: Clawdex.Sessions.V1.TurnState.Delivered }]);
        await chat.SayAsync("/retry");
        await Eventually.TrueAsync(() => gateway.Sessions.Turns is [_, { State: Clawdex.Sessions.V1.TurnState.Delivered }]);

        await chat.SayAsync("/status");

        await chat.ReadsAsync(message => message.Text.Contains($"\nCost of this conversation: {shown}\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Reset_clears_the_history_and_keeps_the_model()
    {
        var chat = await shared.Gateway.ChatAsync();
        await chat.SayAsync("/model fake/other");
        await chat.ReadsAsync(message => message.Text.Contains("fake/other", StringComparison.Ordinal));
        await chat.SayAsync("remember this");
        await chat.ReadsAsync("Echo: remember this");

        await chat.SayAsync("/reset");
        await chat.ReadsAsync("🧹 History cleared. The next message starts a new conversation.");
        await chat.SayAsync("what was it?");
        await chat.ReadsAsync("Echo: what was it?");

        var call = Assert.Single(shared.Llm.CallsFor("what was it?"));
        Assert.Equal("fake/other", call.Request.Model);
        Assert.Equal(["user: what was it?"], call.Prompt);
    }

    [Fact]
    public async Task Compact_summarizes_the_older_half_and_reports_before_and_after()
    {
        var chat = await shared.Gateway.ChatAsync();
        shared.Llm.When("Summarize this conversation so far", "They counted.");
        foreach (var text in new[] { "one one one one one", "two two two two two" })
        {
            await chat.SayAsync(text);
            await chat.ReadsAsync($"Echo: {text}");
        }

        await Eventually.TrueAsync(() => shared.Sessions.HistoryOf($"telegram:{chat.Id}").Count == 4);
        await chat.SayAsync("/compact");
        await chat.ReadsAsync("🗜 Compacted: 4 messages and about 24 tokens before, 2 messages and about 16 tokens after.");
        await chat.SayAsync("and now?");
        await chat.ReadsAsync("Echo: and now?");

        var call = Assert.Single(shared.Llm.CallsFor("and now?"));
        Assert.Equal(["user: two two two two two", "assistant: Echo: two two two two two", "user: and now?"], call.Prompt);
        Assert.Contains("They counted.", call.Request.SystemPrompt, StringComparison.Ordinal);

        await chat.SayAsync("/compact undo");
        await chat.ReadsAsync(message => message.Text.StartsWith("🗜 The last summary is taken back: I read 6 messages and about ", StringComparison.Ordinal));
        await chat.SayAsync("/compact undo");
        await chat.ReadsAsync("There is no summary to take back.");
        await chat.SayAsync("and without it?");
        await chat.ReadsAsync("Echo: and without it?");
        Assert.Equal("user: one one one one one", Assert.Single(shared.Llm.CallsFor("and without it?")).Prompt[0]);
    }

    [Theory]
    [InlineData("/compact", "There is too little history to compact.")]
    [InlineData("/compact undo please", "Say /compact or /compact undo.")]
    public async Task Compact_says_why_it_does_nothing(string command, string reason)
    {
        var chat = await shared.Gateway.ChatAsync();

        await chat.SayAsync(command);

        await chat.ReadsAsync(reason);
    }

    [Fact]
    public async Task An_unknown_command_says_so_and_costs_nothing()
    {
        var chat = await shared.Gateway.ChatAsync();

        await chat.SayAsync("/resetfoo");

        await chat.ReadsAsync("I do not know /resetfoo. Send /help for the list of commands.");
        Assert.Empty(shared.Sessions.TurnsOf(chat.Id));
    }

    [Fact]
    public async Task What_only_looks_like_a_command_is_answered()
    {
        var chat = await shared.Gateway.ChatAsync();

        await chat.SayAsync("/etc/hosts is what?");

        await chat.ReadsAsync("Echo: /etc/hosts is what?");
    }

    [Fact]
    public async Task A_command_that_somebody_else_wrote_and_the_sender_forwards_is_read_and_not_run()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("remember me");
        await chat.ReadsAsync("Echo: remember me");

        await gateway.Telegram.Control.InjectUpdateAsync(PairingSteps.Forwarded(chat, "/forget", """{"type":"hidden_user","date":1,"sender_user_name":"Eve"}"""), Cancel);

        await chat.ReadsAsync("Echo: /forget");
        Assert.Equal(2, gateway.Sessions.TurnsOf(chat.Id).Count);
    }

    [Fact]
    public async Task Commands_are_registered_with_telegram()
    {
        using var http = new HttpClient();
        var menu = new Uri(shared.Gateway.Telegram.BaseAddress, $"/bot{shared.Gateway.Telegram.Token}/getMyCommands");
        string[] names = ["reset", "forget", "status", "model", "compact", "retry", "undo", "help", "stop", "start"];

        await Eventually.TrueAsync(async cancel =>
        {
            var commands = await http.GetStringAsync(menu, cancel);
            return names.All(name => commands.Contains($"\"command\":\"{name}\"", StringComparison.Ordinal));
        });
    }

    [Fact]
    public async Task Nobody_waits_for_telegram_to_take_the_menu()
    {
        await using var gateway = await GatewayUnderTest.PrepareAsync(null);
        await gateway.Telegram.Control.AddFaultAsync(new Fault(FaultKind.Hang) { Method = "setMyCommands" }, Cancel);
        // The call is given up after 20 s.
        await gateway.StartGatewayAsync().WaitAsync(TimeSpan.FromSeconds(15), Cancel);
        var chat = await gateway.ChatAsync();

        await chat.SayAsync("hello");

        await chat.ReadsAsync("Echo: hello");
    }

    [Fact]
    public async Task When_the_session_service_is_broken_a_command_says_so()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();
        gateway.Sessions.Outage = new Grpc.Core.Status(Grpc.Core.StatusCode.Internal, "broken");

        await chat.SayAsync("/status");

        await chat.ReadsAsync(message => message.Text.StartsWith("⚠️ Something went wrong on my side. (ref ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(FaultKind.DropBefore, 1)]
    [InlineData(FaultKind.DropAfter, 2)]
    public async Task A_reply_whose_send_was_not_confirmed_is_said_once_more_with_its_buttons(FaultKind kind, int times)
    {
        var chat = await shared.Gateway.ChatAsync();
        await shared.Telegram.AddFaultAsync(new Fault(kind) { Method = "sendMessage", ChatId = chat.Id }, Cancel);

        var question = await chat.SayAsync("/model");
        await Eventually.TrueAsync(async _ => (await RepliesAsync()).Count == times);
        await chat.SayAsync("/foo");
        await chat.ReadsAsync(message => message.Text.Contains("/foo", StringComparison.Ordinal));

        Assert.Equal(times, (await RepliesAsync()).Count);

        async Task<IReadOnlyList<EmulatedMessage>> RepliesAsync() =>
            [.. (await chat.GetMessagesAsync(Cancel)).Where(message => message.ReplyToMessageId == question.MessageId && message.Keyboard is not null)];
    }

    [Fact]
    public async Task A_reply_of_which_it_is_never_known_whether_it_arrives_is_not_repeated_for_ever()
    {
        var chat = await shared.Gateway.ChatAsync();
        await shared.Telegram.AddFaultAsync(new Fault(FaultKind.DropAfter) { Method = "sendMessage", ChatId = chat.Id, Times = 2 }, Cancel);

        await chat.SayAsync("/start");
        await chat.SayAsync("/foo");
        await chat.ReadsAsync(message => message.Text.Contains("/foo", StringComparison.Ordinal));

        Assert.Equal(3, (await chat.BotTextsAsync()).Count);
    }
}
