using Clawdex.TelegramEmulator.Control;
using Microsoft.Extensions.Options;

namespace Clawdex.TelegramEmulator.Faults;

/// <summary>
/// Telegram's limits on how often a bot may write to one chat. The real ones are unpublished; these follow its FAQ: a private
/// chat takes a burst, then one call a second; a group 20 calls a minute. Sends and edits share the budget, and after a 429 the
/// whole chat is closed until <c>retry_after</c> has passed.
/// </summary>
internal sealed class FloodControl(TimeProvider time, IOptions<TelegramEmulatorOptions> options)
{
    private static readonly TimeSpan GroupWindow = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<long, Budget> _budgets = [];
    private FloodLimits _limits = options.Value.Limits;

    /// <summary>Setting them forgets what was spent.</summary>
    public FloodLimits Limits
    {
        get
        {
            lock (_gate)
                return _limits;
        }
        set
        {
            lock (_gate)
            {
                _limits = value;
                _budgets.Clear();
            }
        }
    }

    /// <summary>Pays for one send or edit.</summary>
    /// <returns>Null when it is allowed, else the seconds to wait.</returns>
    public int? Spend(ChatInfo chat)
    {
        lock (_gate)
        {
            if (!_limits.Enabled)
                return null;
            var now = time.GetUtcNow();
            if (!_budgets.TryGetValue(chat.Id, out var budget))
                _budgets.Add(chat.Id, budget = new(now) { Tokens = _limits.ChatBurst });
            if (budget.ClosedUntil > now)
                return Seconds(budget.ClosedUntil - now);

            var wait = chat.Kind is ChatKind.Private ? SpendPrivate(budget, now) : SpendGroup(budget, now);
            if (wait <= TimeSpan.Zero)
                return null;
            budget.ClosedUntil = now + TimeSpan.FromSeconds(Seconds(wait) + _limits.PenaltySeconds);
            return Seconds(budget.ClosedUntil - now);
        }
    }

    private TimeSpan SpendPrivate(Budget budget, DateTimeOffset now)
    {
        if (_limits.ChatPerSecond <= 0 || _limits.ChatBurst <= 0)
            return TimeSpan.Zero;
        budget.Tokens = Math.Min(_limits.ChatBurst, budget.Tokens + ((now - budget.Refilled).TotalSeconds * _limits.ChatPerSecond));
        budget.Refilled = now;
        if (budget.Tokens < 1)
            return TimeSpan.FromSeconds((1 - budget.Tokens) / _limits.ChatPerSecond);
        budget.Tokens--;
        return TimeSpan.Zero;
    }

    private TimeSpan SpendGroup(Budget budget, DateTimeOffset now)
    {
        if (_limits.GroupPerMinute <= 0)
            return TimeSpan.Zero;
        while (budget.Calls.TryPeek(out var oldest) && now - oldest >= GroupWindow)
            budget.Calls.Dequeue();
        if (budget.Calls.Count >= _limits.GroupPerMinute)
            return budget.Calls.Peek() + GroupWindow - now;
        budget.Calls.Enqueue(now);
        return TimeSpan.Zero;
    }

    /// <summary>Whole seconds, rounded up, at least one.</summary>
    private static int Seconds(TimeSpan wait) => Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds));

    private sealed class Budget(DateTimeOffset now)
    {
        public double Tokens { get; set; }

        public DateTimeOffset Refilled { get; set; } = now;

        public Queue<DateTimeOffset> Calls { get; } = new();

        public DateTimeOffset ClosedUntil { get; set; } = DateTimeOffset.MinValue;
    }
}
