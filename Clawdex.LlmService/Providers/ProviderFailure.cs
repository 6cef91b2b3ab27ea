namespace Clawdex.LlmService.Providers;

/// <summary>Kinds of failure, by the names and numbers of llm.proto, which says what each of them means.</summary>
internal enum FailureKind
{
    BadModelName = 1,
    InvalidRequest = 2,
    UnknownModel = 3,
    NotConfigured = 4,
    NoCredit = 5,
    AccountRefused = 6,
    Redirected = 7,
    KeyRejected = 8,
    KeyForbidden = 9,
    RateLimited = 10,
    QuotaSpent = 11,
    NoQuota = 12,
    ContextTooLong = 13,
    Overloaded = 14,
    TimedOut = 15,
    Unreadable = 16,
    CutOff = 17,
    Overlong = 18,
    WebPage = 19,
    HostNotFound = 20,
    NotSecure = 21,
    NotHttp = 22,
    Unreachable = 23,
    Silent = 24,
    Refused = 25,
    Blocked = 26,
    OutputSpent = 27,
    ToolWanted = 28,
    Stopped = 29,
    WrongAddress = 30,
    NotLoaded = 31,
    PictureLeftOut = 32,
}

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
