using Clawdex.LlmService.Providers;
using Clawdex.LlmService.Providers.Gemini;
using Clawdex.LlmService.Providers.Http;
using Clawdex.LlmService.Providers.OpenRouter;
using Microsoft.Extensions.Options;

namespace Clawdex.LlmService.Tests.Hosting;

/// <summary>The readers of streams without a service and a network around them.</summary>
internal static class ProviderStreams
{
    public static IChatProvider OpenRouter { get; } = new OpenRouterProvider(new OneOption(new ProviderOptions { ApiKey = "key" }));

    public static IChatProvider Gemini { get; } = new GeminiProvider(new OneOption(new ProviderOptions { ApiKey = "key" }));

    /// <summary>Every event of the answer in a response of status 200.</summary>
    /// <param name="provider">Whose wire it is.</param>
    /// <param name="fragments">The body, each piece in a read of its own.</param>
    /// <param name="label">Its content type; empty = none.</param>
    /// <param name="codings">Its content codings, in the order in which they were applied.</param>
    public static async Task<List<ChatEvent>> ReadAsync(
        IChatProvider provider, IEnumerable<byte[]> fragments, string label = "text/event-stream", params IEnumerable<string> codings)
    {
        using var response = new HttpResponseMessage { Content = new StreamContent(new FragmentStream(fragments)) };
        if (label.Length > 0)
            response.Content.Headers.TryAddWithoutValidation("Content-Type", label);
        foreach (var coding in codings)
            response.Content.Headers.ContentEncoding.Add(coding);
        using var idle = new IdleTimer(TimeSpan.FromSeconds(30), TimeProvider.System, CancellationToken.None);

        var events = new List<ChatEvent>();
        await foreach (var next in AnswerReader.ReadAsync(provider, "model", response, idle, CancellationToken.None))
            events.Add(next);
        return events;
    }

    /// <summary>Cuts anywhere, in the middle of a character, too.</summary>
    public static IEnumerable<byte[]> Fragments(byte[] stream, Random random)
    {
        var largest = random.Next(1, 200);
        for (var start = 0; start < stream.Length;)
        {
            var length = Math.Min(stream.Length - start, random.Next(1, largest + 1));
            yield return stream[start..(start + length)];
            start += length;
        }
    }

    private sealed class FragmentStream(IEnumerable<byte[]> fragments) : ReadOnlyStream
    {
        private readonly Queue<byte[]> _fragments = new(fragments);
        private byte[] _current = [];

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_current.Length == 0 && !_fragments.TryDequeue(out _current!))
                _current = [];
            var count = Math.Min(_current.Length, buffer.Length);
            _current.AsSpan(0, count).CopyTo(buffer.Span);
            _current = _current[count..];
            return ValueTask.FromResult(count);
        }
    }

    private sealed class OneOption(ProviderOptions options) : IOptionsMonitor<ProviderOptions>
    {
        public ProviderOptions CurrentValue => options;

        public ProviderOptions Get(string? name) => options;

        public IDisposable? OnChange(Action<ProviderOptions, string?> listener) => null;
    }
}
