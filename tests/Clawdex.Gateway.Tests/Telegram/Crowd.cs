using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Telegram;
using Clawdex.Gateway.Telegram.Limits;
using Microsoft.Extensions.Time.Testing;

namespace Clawdex.Gateway.Tests.Telegram;

/// <summary>
/// Answers that grow at the same time, each in a chat of its own, through the real pacers and budgets, on a clock that the test
/// moves. Telegram takes so many of their calls a second and refuses the others.
/// </summary>
internal sealed class Crowd
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new();
    private readonly List<Answer> _answers = [];
    private readonly List<Call> _calls = [];
    private readonly List<(TimeSpan At, double PerSecond)> _paces = [];
    private readonly Queue<TimeSpan> _taken = new();
    private readonly int _limit;
    private readonly int _retryAfter;

    public Crowd(int limit, int retryAfter)
    {
        (_limit, _retryAfter) = (limit, retryAfter);
        Pace = new BotPace(_time);
    }

    public BotPace Pace { get; }

    public IReadOnlyList<Answer> Answers => _answers;

    public IReadOnlyList<Call> Calls => _calls;

    /// <summary>At each step, from the first refusal on.</summary>
    public IReadOnlyList<(TimeSpan At, double PerSecond)> Paces => _paces;

    private TimeSpan Now => _time.GetUtcNow() - _time.Start;

    /// <param name="begins">Seconds.</param>
    /// <param name="ends">Seconds.</param>
    public Crowd Add(double begins, double ends)
    {
        var budget = ChatBudget.For(isGroup: false, new TelegramLimits(), Pace, _time);
        _answers.Add(new Answer(TimeSpan.FromSeconds(begins), TimeSpan.FromSeconds(ends), budget, new EditPacer(new TelegramOptions(), budget, _time)));
        return this;
    }

    public Crowd Run(double seconds)
    {
        for (var end = Now + TimeSpan.FromSeconds(seconds); Now < end; _time.Advance(Step))
        {
            foreach (var answer in _answers.Where(answer => answer.Begins <= Now))
                Advance(answer);
            if (!double.IsInfinity(Pace.PerSecond))
                _paces.Add((Now, Pace.PerSecond));
        }

        return this;
    }

    private void Advance(Answer answer)
    {
        if (answer.CompletedAt is null)
        {
            if (Now >= answer.Ends)
            {
                answer.CompletedAt = Now;
                answer.BlockedAtEnd = answer.Budget.BlockedFor;
                answer.Pacer.Append("the end");
                answer.Pacer.Complete();
            }
            else if ((Now - answer.Begins).Ticks % (5 * Step).Ticks == 0)
            {
                answer.Pacer.Append("a word ");
            }
        }

        while (answer.Pacer.Next() is PacerStep.Show frame)
            answer.Pacer.Settle(Show(answer, frame));
    }

    private SendResult Show(Answer answer, PacerStep.Show frame)
    {
        if (!answer.Budget.TryTake(frame.Priority))
            return SendResult.Later;
        while (_taken.TryPeek(out var oldest) && oldest <= Now - Second)
            _taken.Dequeue();
        var isRefused = _taken.Count >= _limit;
        _calls.Add(new Call(Now, frame.Priority, isRefused));
        answer.FirstTriedAt ??= Now;
        if (frame.IsFinal)
            answer.FinalTriedAt ??= Now;
        if (isRefused)
        {
            answer.Budget.Refused(TimeSpan.FromSeconds(_retryAfter));
            return SendResult.Later;
        }

        _taken.Enqueue(Now);
        answer.Shown.Add(Now);
        return SendResult.Shown;
    }

    internal sealed record Call(TimeSpan At, CallPriority Priority, bool IsRefused);

    internal sealed record Answer(TimeSpan Begins, TimeSpan Ends, ChatBudget Budget, EditPacer Pacer)
    {
        public List<TimeSpan> Shown { get; } = [];

        public TimeSpan? CompletedAt { get; set; }

        /// <summary>What a 429 had left of its time when the answer was complete.</summary>
        public TimeSpan BlockedAtEnd { get; set; }

        public TimeSpan? FirstTriedAt { get; set; }

        public TimeSpan? FinalTriedAt { get; set; }
    }
}
