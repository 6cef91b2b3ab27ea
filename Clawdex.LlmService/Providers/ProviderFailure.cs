namespace Clawdex.LlmService.Providers;

/// <summary>Kinds of failure that a caller can tell apart.</summary>
internal enum FailureKind
{
    /// <summary>The request itself is wrong; no repetition helps.</summary>
    InvalidRequest,
    UnknownModel,

    /// <summary>A setting or the account needs attention: no key, no credit, a wrong address.</summary>
    NotConfigured,
    KeyRejected,
    RateLimited,
    ContextTooLong,

    /// <summary>The provider will not talk about this; an answer of its own kind rather than an error.</summary>
    Refused,
    Unavailable,

    /// <summary>The provider was silent for longer than the idle timeout.</summary>
    Silent,
}

/// <summary>Why a provider gave no answer, or stopped in the middle of one.</summary>
/// <param name="Message">One or two sentences that tell the user what to do; safe to show, never with a key.</param>
/// <param name="Retryable">The same request may work later.</param>
/// <param name="RetryAfter">How long the provider asked to wait; null = it did not say.</param>
internal sealed record ProviderFailure(FailureKind Kind, string Message, bool Retryable = false, TimeSpan? RetryAfter = null);
