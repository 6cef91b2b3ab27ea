using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;
using Clawdex.TelegramEmulator.Control;

namespace Clawdex.Gateway.Tests.Turns;

/// <summary>
/// Whatever call of a turn is the last one before the gateway dies, or is lost on its way: the chat shows exactly one complete
/// answer, or one notice, and nothing else. Every call is tried in every way; each has a chat of its own, and all die together.
/// </summary>
public sealed class ExactlyOnceTests
{
    private const string FollowUp = "and then?";

    private static readonly Break[] Kinds = [Break.DieBefore, Break.DieAfter, Break.LoseBefore, Break.LoseAfter];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public Task An_answer_in_one_frame() => HoldsAsync("one frame", ["Everything at once."], ["Everything at once."]);

    [Fact]
    public Task An_answer_that_grows() =>
        HoldsAsync("grow", ["One ", "two ", "three ", "four."], ["One two three four."]);

    [Fact]
    public Task An_answer_of_several_messages()
    {
        var paragraphs = Enumerable.Range(1, 3).Select(i => string.Join(' ', Enumerable.Repeat($"word{i}", 560))).ToArray();
        return HoldsAsync("long", [.. paragraphs.Select(paragraph => paragraph + "\n\n")], paragraphs);
    }

    [Fact]
    public Task A_failure() => HoldsAsync("fail", [], ["The model gave an empty answer. Try to rephrase your message."], TurnState.Failed);

    [Fact]
    public Task An_answer_that_is_shorter_when_it_is_generated_again()
    {
        var paragraphs = Enumerable.Range(1, 3).Select(i => string.Join(' ', Enumerable.Repeat($"word{i}", 560)) + "\n\n").ToArray();
        return HoldsAsync("shorter", paragraphs, null, again: ["Short now."]);
    }

    [Fact]
    public Task An_answer_in_a_group() => HoldsAsync("in a group", ["One ", "two."], ["One two."], inGroup: true);

    [Fact]
    public Task Two_messages_in_a_row() =>
        HoldsAsync("first", ["One ", "two."], ["One two.", $"Echo: {FollowUp}"], follows: true);

    private static async Task HoldsAsync(
        string question,
        string[] pieces,
        string[]? expected,
        TurnState end = TurnState.Delivered,
        string[]? again = null,
        bool inGroup = false,
        bool follows = false)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var said = pieces;
        gateway.Llm.When(question, async call =>
        {
            foreach (var piece in Volatile.Read(ref said))
            {
                await call.SayAsync(piece);
                await Task.Delay(70, call.Cancelled);
            }
        });

        var untouched = await AskAsync(gateway, question, inGroup, follows, 0, Break.None);
        await Eventually.TrueAsync(() => IsSettled(gateway, untouched, follows));
        var calls = gateway.Network.CallsOf(untouched.Id);
        Assert.Contains("sendMessage", calls);

        List<(EmulatedChat Chat, string Case)> cases = [];
        foreach (var kind in Kinds)
        {
            for (var call = 1; call <= calls.Count + 1; call++)
                cases.Add((await AskAsync(gateway, question, inGroup, follows, call, kind), $"{kind} at call {call} of {calls.Count}"));
        }

        await Eventually.TrueAsync(() => cases.All(entry => gateway.Network.IsDead(entry.Chat.Id) || IsSettled(gateway, entry.Chat, follows)));
        var delivered = cases.Where(entry => IsSettled(gateway, entry.Chat, follows)).Select(entry => entry.Chat.Id).ToHashSet();
        var made = cases.ToDictionary(entry => entry.Chat.Id, entry => gateway.Network.CallsOf(entry.Chat.Id));
        await gateway.KillGatewayAsync();
        Volatile.Write(ref said, again ?? pieces);
        await gateway.StartGatewayAsync();
        await Eventually.TrueAsync(() => cases.All(entry => IsSettled(gateway, entry.Chat, follows)));

        List<string> wrong = [];
        foreach (var (chat, @case) in cases)
        {
            var messages = (await chat.GetMessagesAsync(Cancel)).Where(message => message.From.IsBot).ToList();
            var turns = gateway.Sessions.TurnsOf(chat.Id);
            var turn = turns[0];
            var wanted = expected ?? (delivered.Contains(chat.Id) || turn.AnswerText != string.Concat(again ?? []) ? [.. pieces.Select(piece => piece.Trim())] : again ?? []);
            var name = $"{@case} ({string.Join(' ', made[chat.Id])})";
            if (!messages.Select(message => message.Text).SequenceEqual(wanted) || messages.Any(message => message.Keyboard is not null))
                wrong.Add($"{name}: {string.Join(" | ", messages.Select(message => $"{message.MessageId} {Short(message.Text)}{(message.Keyboard is null ? "" : " [button]")}"))}");
            if (turns.Any(other => other.State != end))
                wrong.Add($"{name}: the turn ended as {turn.State}");
            if (end is TurnState.Delivered && !turns.SelectMany(other => other.ReplyMessageIds).SequenceEqual(messages.Select(message => (long)message.MessageId)))
                wrong.Add($"{name}: recorded {string.Join(' ', turns.SelectMany(other => other.ReplyMessageIds))}");
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {cases.Count} cases:\n{string.Join('\n', wrong)}");
    }

    private static bool IsSettled(GatewayUnderTest gateway, EmulatedChat chat, bool follows) =>
        gateway.Sessions.TurnsOf(chat.Id) is var turns && turns.Count == (follows ? 2 : 1) && turns.All(turn => turn.State >= TurnState.Delivered);

    private static async Task<EmulatedChat> AskAsync(GatewayUnderTest gateway, string question, bool inGroup, bool follows, int call, Break kind)
    {
        var chat = inGroup ? await gateway.Telegram.Control.CreateGroupAsync("Group", Cancel) : await gateway.ChatAsync();
        gateway.Network.BreakAt(chat.Id, call, kind);
        await chat.SayAsync(inGroup ? $"@clawdex_bot {question}" : question);
        if (follows)
            await chat.SayAsync(FollowUp);
        return chat;
    }

    private static string Short(string text) => text.Length <= 60 ? text : $"{text[..30]}…{text[^20..]}";
}
