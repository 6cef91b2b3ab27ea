using Clawdex.LlmService.Providers;

namespace Clawdex.LlmService.Chats;

/// <summary>
/// An answer up to its first event: a delta or its regular end, which commits to this answer, or a failure, after which
/// another attempt costs the user nothing. Owns the provider's stream.
/// </summary>
internal sealed class OpenedAnswer(ChatEvent first, IAsyncEnumerator<ChatEvent>? rest) : IAsyncDisposable
{
    public ChatEvent First => first;

    /// <summary>What the attempts cost that failed, this one included if it did; null = nothing.</summary>
    public TokenUsage? FailedUsage { get; init; }

    /// <summary>Null when there is something to show.</summary>
    public ProviderFailure? Failure => (first as ChatEvent.Failed)?.Failure;

    /// <param name="failedUsage">What earlier attempts cost.</param>
    public static async Task<OpenedAnswer> OpenAsync(IAsyncEnumerable<ChatEvent> events, TokenUsage? failedUsage, CancellationToken cancellationToken)
    {
        var stream = events.GetAsyncEnumerator(cancellationToken);
        try
        {
            if (await stream.MoveNextAsync() && stream.Current is not ChatEvent.Failed)
                return new OpenedAnswer(stream.Current, stream) { FailedUsage = failedUsage };
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }

        var failure = stream.Current;
        await stream.DisposeAsync();
        return new OpenedAnswer(failure, rest: null) { FailedUsage = TokenUsage.Sum(failedUsage, (failure as ChatEvent.Failed)?.Failure.Usage) };
    }

    /// <summary>The event after <see cref="First"/>, and so on; null at the end.</summary>
    public async ValueTask<ChatEvent?> NextAsync() =>
        rest is not null && await rest.MoveNextAsync() ? rest.Current : null;

    public async ValueTask DisposeAsync()
    {
        if (rest is not null)
            await rest.DisposeAsync();
    }
}
