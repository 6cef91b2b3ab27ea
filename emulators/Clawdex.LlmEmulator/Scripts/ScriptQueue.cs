using Clawdex.LlmEmulator.Requests;

namespace Clawdex.LlmEmulator.Scripts;

/// <summary>The scripts that wait for a request, what answers without one, and the named holds that wait for their release.</summary>
internal sealed class ScriptQueue
{
    private readonly Lock _gate = new();
    private readonly List<LlmScript> _waiting = [];
    private readonly Dictionary<string, TaskCompletionSource> _holds = [];
    private volatile Func<LlmRequest, LlmScript?>? _improvise;

    public void Add(LlmScript script)
    {
        lock (_gate)
            _waiting.Add(script);
    }

    public void Clear()
    {
        lock (_gate)
            _waiting.Clear();
    }

    /// <summary>Answers the chats that no queued script fits; null hands them to the trigger words and the default reply.</summary>
    public void Improvise(Func<LlmRequest, LlmScript?> script) => _improvise = script;

    /// <summary>The script for a chat.</summary>
    public LlmScript? Take(LlmRequest request) => Take(request.Wire, request.LastUserMessage) ?? _improvise?.Invoke(request);

    public LlmScript? Take(LlmWire wire, string lastUserMessage)
    {
        lock (_gate)
        {
            var index = _waiting.FindIndex(script => script.Fits(wire, lastUserMessage));
            if (index < 0)
                return null;

            var script = _waiting[index];
            if (script.Times > 1)
                _waiting[index] = script with { Times = script.Times - 1 };
            else
                _waiting.RemoveAt(index);
            return script;
        }
    }

    /// <summary>Lets every present and later hold of this name pass.</summary>
    public void Release(string name) => HoldNamed(name).TrySetResult();

    public Task WaitForReleaseAsync(string name, CancellationToken cancellationToken) =>
        HoldNamed(name).Task.WaitAsync(cancellationToken);

    private TaskCompletionSource HoldNamed(string name)
    {
        lock (_gate)
        {
            if (!_holds.TryGetValue(name, out var hold))
                _holds[name] = hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return hold;
        }
    }
}
