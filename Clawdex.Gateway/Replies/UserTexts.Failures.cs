using System.Globalization;
using Clawdex.Gateway.Markdown;
using Clawdex.Gateway.Services;
using Clawdex.LlmService.Providers;
using FailureKind = Clawdex.Llm.V1.FailureKind;

namespace Clawdex.Gateway.Replies;

/// <summary>What went wrong, and what helps.</summary>
internal static partial class UserTexts
{
    /// <summary>One sentence about a failed answer, with what support needs to find it.</summary>
    public static string Failure(LlmFailure failure, string reference) => WithReference(Sentence(failure), reference);

    public static string Failure(SessionFailure failure, string reference) => WithReference(
        failure switch
        {
            SessionFailure.Away => StorageAway,
            SessionFailure.Full => StorageFull,
            _ => Broken,
        },
        reference);

    /// <summary>Adds the first characters of the trace id, so that a user's report leads to its trace.</summary>
    public static string WithReference(string sentence, string reference) =>
        reference.Length == 0 ? $"⚠️ {sentence}" : $"⚠️ {sentence} (ref {MarkdownText.Code(reference)})";

    /// <summary>What a model or its provider did not do, and what helps.</summary>
    public static string OfProvider(Llm.V1.Failure failure)
    {
        var who = failure.Provider switch
        {
            ProviderNames.Gemini => "Gemini",
            ProviderNames.OpenRouter => "OpenRouter",
            _ => "The model's provider",
        };
        var says = failure.ProviderSays.Length == 0 ? "" : $" It says: {MarkdownText.Escape(failure.ProviderSays)}";
        var reason = failure.ProviderSays.Length == 0 ? "" : $" ({MarkdownText.Escape(failure.ProviderSays)})";
        var near = failure.Suggestions.Count == 0 ? "" : $" Near names: {string.Join(", ", failure.Suggestions.Select(MarkdownText.Code))}.";
        return failure.Kind switch
        {
            FailureKind.BadModelName => "No model is called like this. A name has no spaces, for example `openai/gpt-4o`.",
            FailureKind.InvalidRequest => $"{who} did not accept the request.{says}",
            FailureKind.UnknownModel => $"{who} has no model '{MarkdownText.Escape(failure.ModelId)}': choose another one with /model.{says}{near}",
            FailureKind.NotConfigured => $"{who} is not configured: set {failure.Provider}:apiKey, or choose another model with /model.",
            FailureKind.NoCredit => $"The account at {who} has no credit left: add some, or choose another model with /model.{says}",
            FailureKind.AccountRefused => $"{who} cannot be used with this account or from this place.{says}",
            FailureKind.Redirected => $"The address of {who} redirects to another one: check {failure.Provider}:baseUrl.",
            FailureKind.KeyRejected => $"The key for {who} was rejected: check {failure.Provider}:apiKey.",
            FailureKind.KeyForbidden => $"{who} does not let this key use the model: check {failure.Provider}:apiKey.{says}",
            FailureKind.RateLimited => $"{who} is receiving too many requests: try again {When(failure)}.{says}",
            FailureKind.QuotaSpent => $"The quota at {who} is used up: try again {When(failure)}, or choose another model with /model.{says}",
            FailureKind.NoQuota => $"This account has no quota for the model at {who}: choose another one with /model.{says}",
            FailureKind.ContextTooLong => $"The conversation is too long for {MarkdownText.Escape(failure.ModelId)}: use /compact or /reset.",
            FailureKind.Overloaded => $"{who} is overloaded or down at the moment: try again {When(failure)}.{says}",
            FailureKind.TimedOut => $"{who} took too long: try again, or ask for something shorter.{says}",
            FailureKind.Unreadable => $"{who} sent something that cannot be read. Try again.",
            FailureKind.CutOff => $"{who} broke off before the answer was complete. Try again.",
            FailureKind.Overlong => $"{who} sent more than any answer holds, so it was stopped.",
            FailureKind.WebPage => $"Instead of {who} a web page answered{reason}: check the network and {failure.Provider}:baseUrl.",
            FailureKind.WrongAddress => $"The server at {failure.Provider}:baseUrl has nothing to chat with at this address: check it; for most servers it ends in /v1.{says}",
            FailureKind.HostNotFound => $"The address of {who} cannot be found: check the network and {failure.Provider}:baseUrl.",
            FailureKind.NotSecure => $"No secure connection to {who}: check the network and {failure.Provider}:baseUrl.",
            FailureKind.NotHttp => $"What answers in place of {who} does not speak HTTP: check {failure.Provider}:baseUrl.",
            FailureKind.Unreachable => $"{who} cannot be reached at the moment. Try again.",
            FailureKind.Silent => $"{who} has said nothing for too long. Try again.",
            FailureKind.NotLoaded => $"{who} has not begun to answer. If the model is still being loaded, try again, or raise llm:loadTimeoutSeconds.",
            FailureKind.Refused => $"{who} refused this message{reason}. Rephrase it, or start anew with /reset.",
            FailureKind.Blocked => $"A content filter of {who} stopped the answer{reason}.",
            FailureKind.OutputSpent => "The model used its whole output limit for thinking. Ask for something shorter.",
            FailureKind.ToolWanted => "The model asked for a tool, which it does not have here.",
            FailureKind.Stopped => $"{who} stopped the answer. Try again.{says}",
            FailureKind.PictureLeftOut => PictureLeftOut,
            _ => Broken,
        };
    }

    // Nobody means a longer one than a month's quota.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(30);

    private static string When(Llm.V1.Failure failure) => TimeSpan.FromMilliseconds(Math.Clamp(failure.RetryAfterMs, 0, (long)LongestWait.TotalMilliseconds)) switch
    {
        { TotalMilliseconds: 0 } => "later",
        { TotalSeconds: < 90 } wait => string.Create(CultureInfo.InvariantCulture, $"in {Math.Ceiling(wait.TotalSeconds):0} s"),
        { TotalMinutes: < 90 } wait => string.Create(CultureInfo.InvariantCulture, $"in {Math.Ceiling(wait.TotalMinutes):0} min"),
        var wait => string.Create(CultureInfo.InvariantCulture, $"in {Math.Ceiling(wait.TotalHours):0} h"),
    };

    // Of all other kinds there are facts.
    private static string Sentence(LlmFailure failure) => failure switch
    {
        { Facts: { } facts } => OfProvider(facts),
        { Kind: LlmFailureKind.Unreachable } => "I cannot reach the language model service right now. Please try again in a moment.",
        { Kind: LlmFailureKind.ContextTooLong } => TooLong,
        { Kind: LlmFailureKind.ProviderDown } => "The model's provider does not answer. Please try again in a moment.",
        _ => Broken,
    };
}
