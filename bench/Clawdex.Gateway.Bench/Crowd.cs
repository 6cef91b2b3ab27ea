using System.Globalization;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Telegram;
using Clawdex.Gateway.Telegram.Limits;

namespace Clawdex.Gateway.Bench;

/// <summary>
/// Thousands of answers that grow at the same time in as many private chats, through the gateway's own pacers, budgets and paces, on
/// a clock that only this class moves. Telegram takes so many of all gateways' calls a second, and refuses the others.
/// </summary>
internal sealed class Crowd(int limit)
{
    private const int AnswersAtOnce = 5_000;
    private const int Gateways = 5;
    private const string Chunk = "a word or ";

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ChunkInterval = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>What begins before is to warm up, and what begins after the second one may not be complete at the third.</summary>
    private static readonly TimeSpan From = TimeSpan.FromSeconds(60), To = TimeSpan.FromSeconds(120), End = TimeSpan.FromSeconds(180);

    private readonly SteppedTime _time = new();
    private readonly List<Answer> _open = [];
    private readonly List<Answer> _counted = [];
    private double _bucket;
    private int _taken, _refused;

    /// <summary>Prints a row for each limit, in calls a second of the bot.</summary>
    public static void Run(IReadOnlyList<int> limits)
    {
        Console.WriteLine($"{AnswersAtOnce:N0} answers at once, {Gateways} gateways");
        Console.WriteLine("| calls a second that Telegram takes | taken | refused, of all | texts shown per answer | between two of them, mean and p99 | first text late, p99 | complete text late, p50 and p99 | not complete 40 s later |");
        Console.WriteLine("|--:|--:|--:|--:|--:|--:|--:|--:|");
        foreach (var limit in limits)
            new Crowd(limit).Simulate();
    }

    private void Simulate()
    {
        // Telegram's limit is the bot's; each gateway learns it by itself.
        BotPace[] paces = [.. Enumerable.Range(0, Gateways).Select(_ => new BotPace(_time))];
        var (options, random, begun) = (new TelegramOptions(), new Random(1), 0);
        var perSecond = AnswersAtOnce / ((Shortest + Longest) / 2).TotalSeconds;
        for (; _time.Now < End; _time.Advance(Step))
        {
            for (; begun < _time.Now.TotalSeconds * perSecond; begun++)
            {
                var budget = ChatBudget.For(isGroup: false, options.Limits, paces[begun % Gateways], _time);
                var length = Shortest + ((Longest - Shortest) * random.NextDouble());
                var answer = new Answer(_time.Now, _time.Now + length, budget, new EditPacer(options, budget, _time));
                _open.Add(answer);
                if (answer.Begins >= From && answer.Begins < To)
                    _counted.Add(answer);
            }

            _bucket = Math.Min(limit, _bucket + (limit * Step.TotalSeconds));
            foreach (var answer in _open)
                Advance(answer);
            _open.RemoveAll(answer => answer.IsShown);
        }

        Print();
    }

    private void Advance(Answer answer)
    {
        var now = _time.Now;
        for (; answer.NextChunk <= now && answer.NextChunk < answer.Ends; answer.NextChunk += ChunkInterval)
            answer.Pacer.Append(Chunk);
        if (answer.Ends <= now)
            answer.Pacer.Complete();
        while (answer.Pacer.Next() is PacerStep.Show frame)
        {
            var result = Show(answer, frame);
            answer.Pacer.Settle(result);
            answer.IsShown |= frame.IsFinal && result is SendResult.Shown;
        }
    }

    private SendResult Show(Answer answer, PacerStep.Show frame)
    {
        if (!answer.Budget.TryTake(frame.Priority))
            return SendResult.Later;
        var isMeasured = _time.Now >= From && _time.Now < To;
        if (_bucket < 1)
        {
            _refused += isMeasured ? 1 : 0;
            answer.Budget.Refused(RetryAfter);
            return SendResult.Later;
        }

        _bucket--;
        _taken += isMeasured ? 1 : 0;
        answer.Shown.Add(_time.Now);
        return SendResult.Shown;
    }

    private void Print()
    {
        var gaps = _counted.SelectMany(answer => answer.Shown.Zip(answer.Shown.Skip(1), (earlier, later) => (later - earlier).TotalSeconds)).Order().ToList();
        var first = _counted.Where(answer => answer.Shown.Count > 0).Select(answer => (answer.Shown[0] - answer.Begins).TotalSeconds).Order().ToList();
        var complete = _counted.Where(answer => answer.IsShown).Select(answer => (answer.Shown[^1] - answer.Ends).TotalSeconds).Order().ToList();
        var seconds = (To - From).TotalSeconds;
        Console.Write(string.Create(
            CultureInfo.InvariantCulture,
            $"| {limit:N0} | {_taken / seconds:N0} | {100d * _refused / Math.Max(_taken + _refused, 1):F1} % | {_counted.Average(answer => answer.Shown.Count):F1} | "));
        Console.Write(string.Create(
            CultureInfo.InvariantCulture,
            $"{gaps.DefaultIfEmpty().Average():F1} s, {At(gaps, 0.99):F1} s | {At(first, 0.99):F1} s | {At(complete, 0.5):F1} s, {At(complete, 0.99):F1} s | "));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{100d * (_counted.Count - complete.Count) / _counted.Count:F1} % |"));
    }

    private static double At(List<double> sorted, double share) => sorted.Count == 0 ? double.NaN : sorted[(int)((sorted.Count - 1) * share)];

    private sealed record Answer(TimeSpan Begins, TimeSpan Ends, ChatBudget Budget, EditPacer Pacer)
    {
        public TimeSpan NextChunk { get; set; } = Begins;

        /// <summary>When Telegram took a text of it.</summary>
        public List<TimeSpan> Shown { get; } = [];

        /// <summary>The complete text.</summary>
        public bool IsShown { get; set; }
    }

    private sealed class SteppedTime : TimeProvider
    {
        public TimeSpan Now { get; private set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;

        public void Advance(TimeSpan by) => Now += by;
    }
}
