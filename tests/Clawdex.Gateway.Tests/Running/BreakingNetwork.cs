using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;

namespace Clawdex.Gateway.Tests.Running;

/// <summary>What happens to one call.</summary>
internal enum Break
{
    None,

    /// <summary>It does not arrive, and the gateway is dead for this chat.</summary>
    DieBefore,

    /// <summary>It takes effect, and the gateway is dead for this chat before the answer.</summary>
    DieAfter,

    /// <summary>It does not arrive, and the connection breaks.</summary>
    LoseBefore,

    /// <summary>It takes effect, and the connection breaks before the answer.</summary>
    LoseAfter,
}

/// <summary>
/// Between the gateway and what it talks to: counts the calls that change something for a chat, at Telegram and at the session
/// service alike, and breaks one of them. What a dead gateway calls hangs, so that many chats can die in one process.
/// </summary>
internal sealed class BreakingNetwork
{
    private readonly ConcurrentDictionary<long, Line> _lines = new();
    private readonly ConcurrentDictionary<string, int> _calls = new(StringComparer.OrdinalIgnoreCase);
    private volatile bool _killed;

    /// <summary>How often this method of Telegram's was called, for a chat or not.</summary>
    public int Calls(string method) => _calls.GetValueOrDefault(method);

    public void Note(string method) => _calls.AddOrUpdate(method, 1, static (_, count) => count + 1);

    /// <summary>Breaks the chat's call of this number, counted from 1.</summary>
    public void BreakAt(long chatId, int call, Break kind) => _lines[chatId] = new Line { At = call, Kind = kind };

    /// <summary>The calls so far, by their methods.</summary>
    public IReadOnlyList<string> CallsOf(long chatId) => _lines.TryGetValue(chatId, out var line) ? line.Methods : [];

    public bool IsDead(long chatId) => _lines.TryGetValue(chatId, out var line) && line.Dead;

    public void Kill() => _killed = true;

    /// <summary>A new gateway works again for every chat.</summary>
    public void Mend()
    {
        _killed = false;
        _lines.Clear();
    }

    public async Task<T> PassAsync<T>(long chatId, string method, Func<Task<T>> call, Func<Exception> broken, CancellationToken cancellationToken)
    {
        var line = _lines.GetOrAdd(chatId, static _ => new Line());
        await HangIfDeadAsync(line, cancellationToken);
        var kind = line.Count(method) == line.At ? line.Kind : Break.None;
        if (kind is Break.DieBefore)
            line.Dead = true;
        if (kind is Break.LoseBefore)
            throw broken();
        await HangIfDeadAsync(line, cancellationToken);

        var result = await call();
        if (kind is Break.DieAfter)
            line.Dead = true;
        await HangIfDeadAsync(line, cancellationToken);
        return kind is Break.LoseAfter ? throw broken() : result;
    }

    private async Task HangIfDeadAsync(Line line, CancellationToken cancellationToken)
    {
        if (!_killed && !line.Dead)
            return;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, TestContext.Current.CancellationToken);
        await Task.Delay(TimeSpan.FromMinutes(1), deadline.Token);
        throw new IOException("dead");
    }

    private sealed class Line
    {
        private readonly Lock _gate = new();
        private readonly List<string> _methods = [];

        public IReadOnlyList<string> Methods
        {
            get
            {
                lock (_gate)
                    return [.. _methods];
            }
        }

        public int At { get; init; }

        public Break Kind { get; init; }

        public volatile bool Dead;

        public int Count(string method)
        {
            lock (_gate)
            {
                _methods.Add(method);
                return _methods.Count;
            }
        }
    }
}

/// <summary>Leads the gateway's calls to Telegram through the <see cref="BreakingNetwork"/>.</summary>
internal sealed class BreakingHandler(BreakingNetwork network) : DelegatingHandler
{
    private static readonly string[] Counted = ["sendMessage", "editMessageText", "editMessageReplyMarkup", "deleteMessage"];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var method = request.RequestUri?.Segments[^1] ?? "";
        network.Note(method);
        if (request.Content is not { } content || !Counted.Contains(method, StringComparer.OrdinalIgnoreCase))
            return await base.SendAsync(request, cancellationToken);

        using var body = JsonDocument.Parse(await content.ReadAsStringAsync(cancellationToken));
        var chat = body.RootElement.GetProperty("chat_id");
        var chatId = chat.ValueKind is JsonValueKind.Number ? chat.GetInt64() : long.Parse(chat.GetString() ?? "0", CultureInfo.InvariantCulture);
        return await network.PassAsync(
            chatId,
            method,
            () => base.SendAsync(request, cancellationToken),
            () => new HttpRequestException(HttpRequestError.ResponseEnded, "lost"),
            cancellationToken);
    }
}
