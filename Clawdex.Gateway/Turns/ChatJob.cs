namespace Clawdex.Gateway.Turns;

/// <summary>Something to be done in a conversation, in the order of its lane.</summary>
internal abstract record ChatJob
{
    /// <summary>The update that asked for it, held until the job is done; null = none, after a restart.</summary>
    public UpdateTrace? Update { get; init; }

    /// <summary>A message to be answered.</summary>
    public sealed record Turn(QueuedTurn Pending) : ChatJob;

    /// <summary>Anything else: a command, a notice.</summary>
    /// <param name="RunAsync">Must not throw but by cancellation.</param>
    public sealed record Action(Func<CancellationToken, Task> RunAsync) : ChatJob;
}

/// <summary>The queues of a conversation.</summary>
internal enum Lane
{
    /// <summary>Messages and the commands that wait for them.</summary>
    Ordered,

    /// <summary>What must not wait behind an answer: <c>/stop</c>, <c>/status</c>, notices.</summary>
    Express,

    /// <summary>Words to whom the others have no room for.</summary>
    Spare,
}
