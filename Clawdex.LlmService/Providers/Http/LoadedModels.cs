using System.Collections.Concurrent;

namespace Clawdex.LlmService.Providers.Http;

/// <summary>
/// Which models answered a moment ago. A server of one's own loads a model when it is asked for it, which takes minutes, and
/// drops it when nobody asks. Only models that exist get in here, so they are few.
/// </summary>
internal sealed class LoadedModels(TimeProvider timeProvider)
{
    /// <summary>Ollama's own default.</summary>
    private static readonly TimeSpan StaysLoaded = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, long> _answeredAt = [];

    public bool Contains(string modelId) => _answeredAt.TryGetValue(modelId, out var at) && timeProvider.GetElapsedTime(at) < StaysLoaded;

    public void Add(string modelId) => _answeredAt[modelId] = timeProvider.GetTimestamp();
}
