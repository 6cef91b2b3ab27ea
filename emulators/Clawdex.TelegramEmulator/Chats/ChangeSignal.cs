namespace Clawdex.TelegramEmulator.Chats;

/// <summary>
/// Wakes whoever waits for a change. Take <see cref="Next"/> before looking at the state, then await it when the state was not
/// yet as wanted: no change in between can be missed.
/// </summary>
internal sealed class ChangeSignal
{
    private volatile TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Next => _next.Task;

    public void Raise()
    {
        var raised = Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously));
        raised.TrySetResult();
    }
}
