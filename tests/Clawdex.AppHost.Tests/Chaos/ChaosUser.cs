using Clawdex.TelegramEmulator.Control;

namespace Clawdex.AppHost.Tests.Chaos;

/// <summary>
/// One conversation of a chaos run: somebody who writes at random, now and then several messages in a row, and waits for answers
/// only when many are missing.
/// </summary>
/// <param name="threadId">The forum topic; null elsewhere.</param>
internal sealed class ChaosUser(ChaosPlan plan, ChaosModel model, int number, EmulatedChat chat, int? threadId)
{
    private const int LongestBurst = 3;

    /// <summary>Far below the number at which the bot takes no more.</summary>
    private const int MostUnanswered = 6;

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly List<AskedQuestion> _asked = [];

    /// <summary>Everything that was written here, in order.</summary>
    public IReadOnlyList<AskedQuestion> Asked => _asked;

    public string Name => threadId is null ? $"{chat.Info.Kind} {chat.Title}" : $"{chat.Info.Kind} {chat.Title}, topic {threadId}";

    public long ChatId => chat.Id;

    /// <summary>Private chats for the most part; two groups; two topics of a forum.</summary>
    public static async Task<IReadOnlyList<ChaosUser>> GatherAsync(ChaosPlan plan, ChaosModel model, TelegramEmulatorControl telegram, CancellationToken cancellationToken)
    {
        List<ChaosUser> users = [];
        while (users.Count < ChaosPlan.Chats - 4)
            users.Add(new ChaosUser(plan, model, users.Count, await telegram.CreatePrivateChatAsync($"User {users.Count}", cancellationToken), null));
        users.Add(new ChaosUser(plan, model, users.Count, await telegram.CreateGroupAsync("Family", cancellationToken), null));
        users.Add(new ChaosUser(plan, model, users.Count, await telegram.CreateSupergroupAsync("Club", cancellationToken), null));
        var forum = await telegram.CreateForumAsync("Work", ["Plans", "Fun"], cancellationToken);
        foreach (var topic in forum.Topics)
            users.Add(new ChaosUser(plan, model, users.Count, forum, topic.Id));
        return users;
    }

    /// <summary>Writes until it is cancelled.</summary>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        var random = plan.RandomFor($"user {number}");
        try
        {
            while (true)
            {
                await Task.Delay(TimeSpan.FromSeconds(random.NextDouble() * 12), cancellationToken);
                while (await UnansweredAsync(cancellationToken) > MostUnanswered)
                    await Task.Delay(Look, cancellationToken);
                for (var burst = random.Next(3) == 0 ? random.Next(2, LongestBurst + 1) : 1; burst > 0; burst--)
                    await AskAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The load ends.
        }
    }

    /// <summary>The chat as it is now, compared with what it should be.</summary>
    public async Task<ChatVerdict> JudgeAsync(CancellationToken cancellationToken)
    {
        var shown = (await chat.GetMessagesAsync(cancellationToken))
            .Where(message => message.From.IsBot && message.Service is null && message.ThreadId == threadId)
            .Select(message => new ShownMessage(message.MessageId, message.Text, message.ReplyToMessageId));
        return ChatVerdict.Of([.. _asked.Select(question => question with { HasFailed = model.HasFailed(question.Tag) })], [.. shown]);
    }

    /// <summary>The last verdict, with the calls that were not for an answer.</summary>
    public async Task<ChatVerdict> WithCallsAsync(ChatVerdict verdict, CancellationToken cancellationToken)
    {
        // Of the topics of a forum, a rejected call does not say which it was for.
        if (threadId is not null)
            return verdict;
        var needless = ChatCalls.Needless(verdict.QuestionOf, await chat.GetTimelineAsync(cancellationToken));
        return verdict with { Findings = [.. verdict.Findings, .. needless.Select(call => (Finding.NeedlessCall, call))] };
    }

    /// <summary>What happened in the chat, for whoever has to find out why.</summary>
    private async Task<string> DescribeAsync(CancellationToken cancellationToken)
    {
        var lines = (await chat.GetTimelineAsync(cancellationToken))
            .Where(entry => entry.Kind is not TimelineKind.ChatAction)
            .Select(entry => $"{entry.Time:HH:mm:ss.fff} {entry.Kind} {entry.MessageId}{(entry.FaultId is { } fault ? $" fault {fault}" : "")}{(entry.Ok ? "" : $" -> {entry.ErrorCode} {entry.Error}")} {Shortened(entry.Message?.Text ?? entry.RawText ?? "")}");
        return string.Join('\n', lines);
    }

    /// <summary>What is wrong in the chat, and how it came.</summary>
    public async Task<string> ExplainAsync(ChatVerdict verdict, CancellationToken cancellationToken) => string.Join(
        '\n', [$"\n{Name}:", .. verdict.Findings.Select(found => $"  {found.Finding}: {found.Where}"), await DescribeAsync(cancellationToken)]);

    private async Task<int> UnansweredAsync(CancellationToken cancellationToken)
    {
        var verdict = await JudgeAsync(cancellationToken);
        return _asked.Count - verdict.Answers - verdict.Noticed.Count;
    }

    private static string Shortened(string text) =>
        (text.Length <= 120 ? text : $"{text[..60]} … ({text.Length}) … {text[^50..]}").ReplaceLineEndings(" ");

    private async Task AskAsync(CancellationToken cancellationToken)
    {
        // The list is complete even when the load ends in the middle of a request.
        cancellationToken.ThrowIfCancellationRequested();
        var tag = ChaosAnswer.Tag(number, _asked.Count);
        var text = chat.Info.Kind is ChatKind.Private ? $"Tell me about {tag}" : $"@clawdex_bot tell us about {tag}";
        var question = await chat.SendAsync(new() { Text = text, ThreadId = threadId }, CancellationToken.None);
        _asked.Add(new AskedQuestion(tag, question.MessageId, ChaosAnswer.To(tag).Visible));
    }
}
