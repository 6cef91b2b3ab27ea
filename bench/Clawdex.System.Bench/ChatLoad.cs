using System.Globalization;
using System.Threading.Channels;
using Clawdex.TelegramEmulator.Control;

namespace Clawdex.WholeSystem.Bench;

/// <summary>
/// Users who each write their next message when the last answer is complete. The model echoes what it is told, so that each
/// answer is known beforehand and unlike every other.
/// </summary>
internal sealed class ChatLoad(TelegramEmulatorControl telegram, IReadOnlyList<EmulatedChat> chats, bool shortWords)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly string ShortWords = string.Join(' ', Enumerable.Range(0, 94).Select(i => i == 10 ? "**k**" : $"{(char)('a' + (i % 26))}"));

    private readonly Dictionary<long, int> _turns = chats.ToDictionary(chat => chat.Id, _ => 0);
    private readonly Channel<ChatText> _outbox = Channel.CreateBounded<ChatText>(chats.Count);

    /// <summary>Calls that the emulator refused as too many.</summary>
    public int TooManyRequests { get; private set; }

    /// <summary>Sends and edits that the emulator took.</summary>
    public int Calls { get; private set; }

    /// <param name="shortWords">An answer of the same length comes in 100 words instead of 30.</param>
    public static async Task<ChatLoad> CreateAsync(
        TelegramEmulatorControl telegram, int count, CancellationToken cancellationToken, bool shortWords = false)
    {
        List<EmulatedChat> chats = [];
        for (var i = 0; i < count; i++)
            chats.Add(await telegram.CreatePrivateChatAsync(string.Create(CultureInfo.InvariantCulture, $"User {i}"), cancellationToken));
        return new ChatLoad(telegram, chats, shortWords);
    }

    /// <summary>Returns when every chat has got as many more complete answers.</summary>
    public async Task RunAsync(int turnsPerChat, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var last = _turns.Values.First() + turnsPerChat;
        var sending = SendAsync(end.Token);
        var remaining = chats.Count;
        var events = telegram.ReadEventsAsync(end.Token).GetAsyncEnumerator(end.Token);
        await using (events.ConfigureAwait(false))
        {
            while (remaining > 0 && await events.MoveNextAsync().AsTask().WaitAsync(Patience, cancellationToken))
            {
                if (events.Current is not { } entry)
                    foreach (var chat in chats)
                        Write(chat.Id);
                else if (IsComplete(entry))
                    remaining -= Next(entry.ChatId, last) ? 0 : 1;
            }
        }

        await end.CancelAsync();
        await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>What the chats show that they should not: each is to hold its questions, each followed by exactly its answer.</summary>
    public async Task<IReadOnlyList<string>> FindProblemsAsync(CancellationToken cancellationToken)
    {
        List<string> problems = [];
        foreach (var chat in chats)
        {
            var shown = await chat.GetMessagesAsync(cancellationToken);
            var expected = Enumerable.Range(0, _turns[chat.Id]).SelectMany(turn => (string[])[Question(chat.Id, turn), Plain(Answer(chat.Id, turn))]);
            if (!shown.Select(message => message.Text.Split(Remark)[0]).SequenceEqual(expected))
                problems.Add($"chat {chat.Id} shows {shown.Count} messages that are not the expected {2 * _turns[chat.Id]}");
        }

        return problems;
    }

    /// <summary>Stands before the line that says, once in a long conversation, that its beginning is left out.</summary>
    public const string Remark = "\n\n📜";

    private bool IsComplete(TimelineEntry entry)
    {
        if (entry.Kind is not (TimelineKind.Send or TimelineKind.Edit))
            return false;
        TooManyRequests += entry.ErrorCode == 429 ? 1 : 0;
        Calls += entry.Ok ? 1 : 0;
        return entry.Message is { } message && message.Text.Split(Remark)[0] == Plain(Answer(entry.ChatId, _turns[entry.ChatId]));
    }

    /// <summary>False = this chat has had its last answer.</summary>
    private bool Next(long chat, int last)
    {
        if (++_turns[chat] == last)
            return false;
        Write(chat);
        return true;
    }

    private void Write(long chat) => _outbox.Writer.TryWrite(new(chat, Question(chat, _turns[chat])));

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        List<ChatText> batch = [];
        while (await _outbox.Reader.WaitToReadAsync(cancellationToken))
        {
            batch.Clear();
            while (_outbox.Reader.TryRead(out var text))
                batch.Add(text);
            await telegram.SendTextsAsync(batch, cancellationToken);
        }
    }

    private string Question(long chat, int turn) => $"echo {Answer(chat, turn)}";

    private string Answer(long chat, int turn)
    {
        var words = shortWords ? ShortWords : "**quick** words with `code` in them, long enough to be the short paragraph that a model writes in a chat, and a last sentence that ends it.";
        return string.Create(CultureInfo.InvariantCulture, $"Answer {turn} in chat {chat}: {words}");
    }

    private static string Plain(string markdown) =>
        markdown.Replace("**", "", StringComparison.Ordinal).Replace("`", "", StringComparison.Ordinal);
}
