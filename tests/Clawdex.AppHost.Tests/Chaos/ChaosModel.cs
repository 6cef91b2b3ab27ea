using System.Collections.Concurrent;
using Clawdex.LlmEmulator.Requests;
using Clawdex.LlmEmulator.Scripts;

namespace Clawdex.AppHost.Tests.Chaos;

/// <summary>The model of a chaos run: answers each question with its own answer, and sometimes fails as the seed says.</summary>
internal sealed class ChaosModel(ChaosPlan plan)
{
    private readonly ConcurrentDictionary<string, int> _attempts = new();
    private readonly ConcurrentDictionary<string, long> _askedAt = new();
    private readonly ConcurrentDictionary<string, bool> _failed = new();
    private int _faults;

    /// <summary>Set to false, every request is answered properly.</summary>
    public bool Fails { get; set; } = true;

    public int Faults => _faults;

    /// <summary>Whether an attempt to answer this question ever failed on purpose.</summary>
    public bool HasFailed(string tag) => _failed.ContainsKey(tag);

    /// <summary>The connections to the model were reset: what it was last asked for within this time may have been broken off by that.</summary>
    public void CountAsFailed(TimeSpan within)
    {
        foreach (var (tag, at) in _askedAt)
        {
            if (TimeProvider.System.GetElapsedTime(at) < within)
                _failed[tag] = true;
        }
    }

    public LlmScript? Script(LlmRequest request)
    {
        if (ChaosAnswer.TagIn(request.LastUserMessage) is not { } tag)
            return null;
        _askedAt[tag] = TimeProvider.System.GetTimestamp();
        var attempt = _attempts.AddOrUpdate(tag, 1, (_, attempts) => attempts + 1);
        var random = plan.RandomFor($"model {tag} {attempt}");
        var spoken = Spoken(ChaosAnswer.To(tag), random);
        return LlmScript.Of(Fails ? Failing(tag, spoken, random) : [.. spoken, new ScriptStep.Finish()]);
    }

    private static List<ScriptStep> Spoken(ChaosAnswer answer, Random random)
    {
        List<ScriptStep> steps = [new ScriptStep.Delay(random.Next(0, 400))];
        foreach (var chunk in answer.Chunks)
            steps.AddRange([new ScriptStep.Text(chunk), new ScriptStep.Delay(random.Next(0, 200))]);
        return steps;
    }

    private IReadOnlyList<ScriptStep> Failing(string tag, List<ScriptStep> spoken, Random random)
    {
        // Before the last word: nobody can tell a complete text from a cut one when only the end's mark is missing.
        var until = random.Next(spoken.Count - 1);
        IReadOnlyList<ScriptStep>? failure = random.Next(100) switch
        {
            < 5 => [new ScriptStep.Respond(503, """{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}""")],
            < 10 => [.. spoken.Take(until), new ScriptStep.Cut()],
            < 13 => [.. spoken.Take(until), new ScriptStep.Stall()],
            _ => null,
        };
        if (failure is null)
            return [.. spoken, new ScriptStep.Finish()];
        _failed[tag] = true;
        Interlocked.Increment(ref _faults);
        return failure;
    }
}
