using System.Globalization;

namespace Clawdex.LlmService.Providers;

/// <summary>Puts a provider's error into a sentence that tells the user what to do.</summary>
/// <param name="modelId">The model that was asked; empty = none.</param>
/// <param name="reason">The provider's own words, cleaned; empty = none.</param>
internal sealed class ErrorWords(IChatProvider provider, string modelId, string reason)
{
    private string Who => provider.DisplayName;

    private string Quoted => reason.Length == 0 ? "" : $" It says: {reason}";

    public ProviderFailure KeyRejected() =>
        new(FailureKind.KeyRejected, $"The key for {Who} was rejected: check {provider.Name}:apiKey.");

    public ProviderFailure Forbidden() =>
        new(FailureKind.KeyRejected, $"{Who} does not let this key use the model: check {provider.Name}:apiKey.{Quoted}");

    public ProviderFailure NotUsable() =>
        new(FailureKind.NotConfigured, $"{Who} cannot be used with this account or from this place.{Quoted}");

    public ProviderFailure NoCredit() =>
        new(FailureKind.NotConfigured, $"The account at {Who} has no credit left: add some, or choose another model with /model.");

    public ProviderFailure UnknownModel() =>
        new(FailureKind.UnknownModel, $"{Who} has no model '{modelId}': choose another one with /model.{Quoted}");

    public ProviderFailure ContextTooLong() =>
        new(FailureKind.ContextTooLong, $"The conversation is too long for {modelId}: use /compact or /reset.");

    public ProviderFailure Invalid() =>
        new(FailureKind.InvalidRequest, $"{Who} did not accept the request.{Quoted}");

    public ProviderFailure Refused() =>
        new(FailureKind.Refused, $"{Who} refused this message.{Quoted}");

    public ProviderFailure RateLimited(TimeSpan? wait) => new(
        FailureKind.RateLimited, $"{Who} is receiving too many requests: try again {When(wait)}.", Retryable: true, wait);

    public ProviderFailure QuotaSpent(TimeSpan? wait) => new(
        FailureKind.RateLimited, $"The quota at {Who} is used up: try again {When(wait)}, or choose another model with /model.", RetryAfter: wait);

    public ProviderFailure NoQuota() => new(
        FailureKind.RateLimited, $"This account has no quota for the model at {Who}: choose another one with /model.");

    public ProviderFailure Overloaded(TimeSpan? wait) => new(
        FailureKind.Unavailable, $"{Who} is overloaded or down at the moment: try again {When(wait)}.", Retryable: true, wait);

    public ProviderFailure TimedOut() => new(
        FailureKind.Unavailable, $"{Who} took too long: try again, or ask for something shorter.", Retryable: true);

    private static string When(TimeSpan? wait) => wait switch
    {
        null => "later",
        { TotalSeconds: < 90 } => string.Create(CultureInfo.InvariantCulture, $"in {Math.Max(1, Math.Ceiling(wait.Value.TotalSeconds)):0} s"),
        { TotalMinutes: < 90 } => string.Create(CultureInfo.InvariantCulture, $"in {Math.Ceiling(wait.Value.TotalMinutes):0} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"in {Math.Ceiling(wait.Value.TotalHours):0} h"),
    };
}
