using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Turns.Budgets;

/// <summary>
/// Bounds how many answers models are asked for at the same time. Who waits does so in order; a user's answers wait for each other
/// before they wait for those of others, so that many chats of one user take no place from anybody else.
/// </summary>
internal sealed class AnswerSlots(IOptions<AgentOptions> agent) : IDisposable
{
    /// <summary>After an outage many answers are due at once: those that nobody looks at right now go a few at a time.</summary>
    private const int BacklogAtOnce = 8;

    private readonly SemaphoreSlim _all = new(agent.Value.Limits.AnswersAtOnce);
    private readonly SemaphoreSlim _backlog = new(BacklogAtOnce);
    private readonly Lock _gate = new();

    // Of each user, how many answers have a slot or wait for one.
    private readonly Dictionary<long, (SemaphoreSlim Slots, int Answers)> _users = [];

    /// <summary>Waits for a slot, which is given back when the result is disposed.</summary>
    /// <param name="userId">Whose answer it is; 0 = nobody knows.</param>
    /// <param name="isBacklog">It was asked for while the gateway was away.</param>
    public async Task<Slot> TakeAsync(long userId, bool isBacklog, CancellationToken cancellationToken)
    {
        var slot = new Slot();
        try
        {
            if (userId != 0)
                await slot.EnterAsync(JoinUser(userId, slot), cancellationToken);
            if (isBacklog)
                await slot.EnterAsync(_backlog, cancellationToken);
            await slot.EnterAsync(_all, cancellationToken);
            return slot;
        }
        catch
        {
            slot.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _all.Dispose();
        _backlog.Dispose();
    }

    private SemaphoreSlim JoinUser(long userId, Slot slot)
    {
        lock (_gate)
        {
            var (slots, answers) = _users.TryGetValue(userId, out var user) ? user : (new SemaphoreSlim(agent.Value.Limits.AnswersAtOncePerUser), 0);
            _users[userId] = (slots, answers + 1);
            slot.Undo.Push(() => LeaveUser(userId));
            return slots;
        }
    }

    private void LeaveUser(long userId)
    {
        lock (_gate)
        {
            var (slots, answers) = _users[userId];
            if (answers > 1)
            {
                _users[userId] = (slots, answers - 1);
                return;
            }

            _users.Remove(userId);
            slots.Dispose();
        }
    }

    /// <summary>The right to ask a model.</summary>
    internal sealed class Slot : IDisposable
    {
        /// <summary>What gives it back, the last first.</summary>
        public Stack<Action> Undo { get; } = [];

        public async Task EnterAsync(SemaphoreSlim semaphore, CancellationToken cancellationToken)
        {
            await semaphore.WaitAsync(cancellationToken);
            Undo.Push(() => semaphore.Release());
        }

        /// <summary>May be called again.</summary>
        public void Dispose()
        {
            while (Undo.TryPop(out var undo))
                undo();
        }
    }
}
