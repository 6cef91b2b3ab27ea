using Microsoft.Extensions.Time.Testing;

namespace Clawdex.LlmService.Tests.Hosting;

/// <summary>A clock that stands still until a test moves it, and that tells when somebody has begun to wait for it.</summary>
internal sealed class TestClock : FakeTimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<TimeSpan> _waits = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Every finite wait that began so far, in order.</summary>
    public IReadOnlyList<TimeSpan> Waits
    {
        get
        {
            lock (_gate)
                return [.. _waits];
        }
    }

    /// <summary>Returns once <paramref name="enough"/> holds for <see cref="Waits"/>.</summary>
    public async Task WaitForWaitsAsync(Func<IReadOnlyList<TimeSpan>, bool> enough, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (enough(_waits))
                    return;
                changed = _changed.Task;
            }

            await changed.WaitAsync(TimeSpan.FromSeconds(10), cancellationToken);
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ObservedTimer(this, base.CreateTimer(callback, state, dueTime, period));
        Note(dueTime);
        return timer;
    }

    private void Note(TimeSpan dueTime)
    {
        if (dueTime < TimeSpan.Zero)
            return;
        TaskCompletionSource changed;
        lock (_gate)
        {
            _waits.Add(dueTime);
            (changed, _changed) = (_changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        changed.SetResult();
    }

    private sealed class ObservedTimer(TestClock clock, ITimer inner) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var changed = inner.Change(dueTime, period);
            clock.Note(dueTime);
            return changed;
        }

        public void Dispose() => inner.Dispose();

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
