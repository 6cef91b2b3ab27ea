// What can go wrong is the contract's own list, which says what each kind means.
global using FailureKind = Clawdex.Llm.V1.FailureKind;

namespace Clawdex.LlmService.Providers;

/// <summary>Why a provider gave no answer, or not the whole of one. Facts only: the gateway has the words.</summary>
/// <param name="Says">The provider's own words, cleaned (<see cref="SafeText"/>); empty = it gave none that help.</param>
/// <param name="RetryAfter">How long the provider asked to wait; null = it did not say.</param>
internal sealed record ProviderFailure(FailureKind Kind, string Says = "", TimeSpan? RetryAfter = null)
{
    /// <summary>One of <see cref="ProviderNames"/>; empty = none was asked.</summary>
    public string Provider { get; init; } = "";

    public string ModelId { get; init; } = "";

    /// <summary>What the same request may do without, if the provider refuses that part of it.</summary>
    public RequestParts Refuses { get; init; }

    /// <summary>What the provider counted all the same; null = nothing.</summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>Near names, best first, of a model that the provider does not have.</summary>
    public IReadOnlyList<string> Suggestions { get; init; } = [];

    /// <summary>The same request may work soon.</summary>
    public bool IsRetryable => Kind is FailureKind.RateLimited or FailureKind.Overloaded or FailureKind.TimedOut or FailureKind.Unreadable
        or FailureKind.CutOff or FailureKind.HostNotFound or FailureKind.Unreachable;

    /// <summary>For logs and for the text of a status.</summary>
    public override string ToString() => Says.Length == 0 ? Kind.ToString() : $"{Kind}: {Says}";
}
