using System.Diagnostics;
using Clawdex.Gateway.Turns;

namespace Clawdex.Gateway.Inbound;

/// <summary>Something to be done in a conversation, in the order of its lane.</summary>
internal abstract record ChatJob
{
    /// <summary>A message to be answered.</summary>
    public sealed record Turn(PendingTurn Pending) : ChatJob;

    /// <summary>Anything else: a command, a notice.</summary>
    /// <param name="RunAsync">Must not throw but by cancellation.</param>
    /// <param name="Cause">The span of the update that asked for it.</param>
    public sealed record Action(Func<CancellationToken, Task> RunAsync, Activity? Cause) : ChatJob;
}

/// <summary>The two queues of a conversation.</summary>
internal enum Lane
{
    /// <summary>Messages and the commands that wait for them.</summary>
    Ordered,

    /// <summary>What must not wait behind an answer: <c>/stop</c>, <c>/status</c>, notices.</summary>
    Express,
}
