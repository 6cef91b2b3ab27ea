using System.Globalization;
using System.Threading.Channels;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Telegram;
using Clawdex.Gateway.Telegram.Limits;
using Microsoft.Extensions.Time.Testing;

namespace Clawdex.Gateway.Tests.Replies;

/// <summary>
/// A scripted stream, run through the real loop, pacer and budget on a clock that the test moves. Writes down each call that
/// a sender would make: <c>t=+0.5s edit "…"</c>. Everything happens on the test's own thread, so a script has one outcome.
/// </summary>
internal sealed class Timeline
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<Call> _calls = [];
    private readonly SortedDictionary<int, List<Action>> _script = [];
    private readonly Queue<(int Call, int Seconds)> _floods = new();
    private readonly Queue<string> _waiting = new();
    private readonly List<Arrival> _arrivals = [];
    private readonly CancellationTokenSource _stop = new();

    // Continuations run inside the write that causes them.
    private readonly Channel<string> _chunks = Channel.CreateUnbounded<string>(new() { AllowSynchronousContinuations = true });
    private string? _onScreen;
    private int _now;
    private int _lastEvent;

    public Timeline(TelegramLimits? limits = null, bool isGroup = false) =>
        Budget = ChatBudget.For(isGroup, limits ?? new TelegramLimits(), new BotPace(_time), _time);

    public ChatBudget Budget { get; }

    /// <summary>All that the chat was sent.</summary>
    public IReadOnlyList<Call> Calls => _calls;

    /// <summary>The calls of the answer, without commands' replies.</summary>
    public IEnumerable<Call> Answer => _calls.Where(call => !call.IsReply);

    public IReadOnlyList<Arrival> Arrivals => _arrivals;

    /// <summary>All chunks that the stream gave.</summary>
    public string Source { get; private set; } = "";

    public Task Loop { get; private set; } = Task.CompletedTask;

    public TimeSpan? LoopEnded { get; private set; }

    private TimeSpan Now => _time.GetUtcNow() - _time.Start;

    public Timeline Chunk(double at, string text)
    {
        Source += text;
        var visible = string.IsNullOrWhiteSpace(text) ? 0 : Source.Trim().Length;
        return At(at, () =>
        {
            _arrivals.Add(new Arrival(Now, visible));
            Assert.True(_chunks.Writer.TryWrite(text));
        });
    }

    /// <summary>Numbered chunks of seven characters, <c>word01 </c>.</summary>
    public Timeline Words(double from, double to, double every, string text = "word")
    {
        var number = 0;
        for (var at = from; at < to - 0.0001; at += every)
            Chunk(at, string.Create(CultureInfo.InvariantCulture, $"{text}{++number:00} "));
        return this;
    }

    public Timeline End(double at) => At(at, () => _chunks.Writer.Complete());

    public Timeline Break(double at) => At(at, () => _chunks.Writer.Complete(new IOException("cut")));

    public Timeline Cancel(double at) => At(at, _stop.Cancel);

    /// <summary>The chat's call of this number, from 1, is answered with a 429.</summary>
    public Timeline Flood(int call, int retryAfter)
    {
        _floods.Enqueue((call, retryAfter));
        return this;
    }

    /// <summary>Something else writes to the chat as soon as the budget allows.</summary>
    public Timeline Command(double at, string reply) => At(at, () => _waiting.Enqueue(reply));

    private Timeline At(double at, Action action)
    {
        var millisecond = (int)Math.Round(at * 1000);
        _lastEvent = Math.Max(_lastEvent, millisecond);
        if (!_script.TryGetValue(millisecond, out var actions))
            _script[millisecond] = actions = [];
        actions.Add(action);
        return this;
    }

    /// <summary>Runs until the loop has ended, or for two minutes after the script's last event.</summary>
    public Timeline Run()
    {
        var outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            var pacer = new EditPacer(new TelegramOptions(), Budget, _time);
            Loop = PacedText.RunAsync(pacer, _chunks.Reader, Show, _time, _stop.Token);
            for (; _now <= _lastEvent + 120_000 && !(Loop.IsCompleted && _now > _lastEvent && _waiting.Count == 0); _now++)
            {
                foreach (var action in _script.GetValueOrDefault(_now, []))
                    action();
                while (_waiting.TryPeek(out var reply) && Budget.TryTake(CallPriority.Reply))
                    _calls.Add(new Call(Now, "send", _waiting.Dequeue(), 0, IsReply: true));
                if (Loop.IsCompleted)
                    LoopEnded ??= Now;
                _time.Advance(TimeSpan.FromMilliseconds(1));
            }
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }

        return this;
    }

    // What a sender does: nothing for what the chat shows already, and each call is paid.
    private Task<SendResult?> Show(PacerStep.Show frame, CancellationToken cancellationToken)
    {
        var text = frame.Text.Trim();
        if (text.Length == 0)
            return Task.FromResult<SendResult?>(null);
        if (text == _onScreen)
            return Task.FromResult<SendResult?>(SendResult.Shown);
        if (!Budget.TryTake(frame.Priority))
            return Task.FromResult<SendResult?>(SendResult.Later);

        var flood = _floods.TryPeek(out var next) && next.Call == _calls.Count + 1 ? next.Seconds : 0;
        _calls.Add(new Call(Now, _onScreen is null ? "send" : "edit", text, flood, IsReply: false));
        if (flood > 0)
        {
            _floods.Dequeue();
            Budget.Block(TimeSpan.FromSeconds(flood));
            return Task.FromResult<SendResult?>(SendResult.Later);
        }

        _onScreen = text;
        return Task.FromResult<SendResult?>(SendResult.Shown);
    }

    /// <summary>The calls, one a line; of a long text the length and the end.</summary>
    public override string ToString() => string.Join('\n', _calls);

    /// <summary>A chunk; <paramref name="Visible"/> = the length of the text with it, 0 when it is white space.</summary>
    internal sealed record Arrival(TimeSpan At, int Visible);

    internal sealed record Call(TimeSpan At, string Method, string Text, int RetryAfter, bool IsReply)
    {
        private const int Tail = 24;

        public override string ToString()
        {
            var text = Text.Length <= Tail + 8 ? $"\"{Text}\"" : $"{Text.Length} chars \"…{Text[^Tail..]}\"";
            var flood = RetryAfter > 0 ? string.Create(CultureInfo.InvariantCulture, $" -> 429 retry after {RetryAfter}") : "";
            return string.Create(CultureInfo.InvariantCulture, $"t=+{At.TotalSeconds:0.0##}s {Method} {text}{flood}");
        }
    }
}
