namespace Clawdex.LlmEmulator.Requests;

/// <summary>
/// The latest requests, at most <see cref="Capacity"/> of them and with not much more than <see cref="TextCapacity"/> of text,
/// and those who wait for one.
/// </summary>
internal sealed class RequestLog
{
    public const int Capacity = 1000;

    /// <summary>UTF-16 units of prompts; kept twice, as messages and as the body.</summary>
    public const int TextCapacity = 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Queue<LlmRequest> _requests = [];
    private readonly List<Waiter> _waiters = [];
    private int _count;
    private int _text;

    public IReadOnlyList<LlmRequest> All
    {
        get
        {
            lock (_gate)
                return [.. _requests];
        }
    }

    public void Add(LlmRequest request)
    {
        lock (_gate)
        {
            request.Number = ++_count;
            _requests.Enqueue(request);
            _text += TextOf(request);
            while (_requests.Count > Capacity || _text > TextCapacity && _requests.Count > 1)
                _text -= TextOf(_requests.Dequeue());

            foreach (var waiter in _waiters.Where(waiter => waiter.Wanted(request)))
                waiter.Found.TrySetResult(request);
            _waiters.RemoveAll(waiter => waiter.Found.Task.IsCompleted);
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _requests.Clear();
            _text = 0;
        }
    }

    /// <summary>The first request that is wanted, received already or to come.</summary>
    public async Task<LlmRequest> WaitAsync(Func<LlmRequest, bool> wanted, CancellationToken cancellationToken)
    {
        Waiter waiter;
        lock (_gate)
        {
            if (_requests.FirstOrDefault(wanted) is { } request)
                return request;
            waiter = new Waiter(wanted, new(TaskCreationOptions.RunContinuationsAsynchronously));
            _waiters.Add(waiter);
        }

        try
        {
            return await waiter.Found.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            lock (_gate)
                _waiters.Remove(waiter);
        }
    }

    private static int TextOf(LlmRequest request) => request.SystemPrompt.Length + request.Messages.Sum(message => message.Content.Length);

    private sealed record Waiter(Func<LlmRequest, bool> Wanted, TaskCompletionSource<LlmRequest> Found);
}
