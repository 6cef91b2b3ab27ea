using System.Globalization;

namespace Clawdex.LlmService.Providers.Http;

/// <summary>The failures that can happen with any provider, in words for the user.</summary>
internal static class Failures
{
    public static ProviderFailure Unreadable(IChatProvider provider) =>
        new(FailureKind.Unavailable, $"{provider.DisplayName} sent something that cannot be read. Try again.", Retryable: true);

    public static ProviderFailure Empty(IChatProvider provider) =>
        new(FailureKind.Unavailable, $"{provider.DisplayName} ended the answer before it began. Try again.", Retryable: true);

    public static ProviderFailure CutOff(IChatProvider provider) =>
        new(FailureKind.Unavailable, $"{provider.DisplayName} broke off in the middle of the answer.", Retryable: true);

    public static ProviderFailure TooLong(IChatProvider provider) =>
        new(FailureKind.Unavailable, $"{provider.DisplayName} sent a line of more than 1 MiB; the answer was stopped.");

    public static ProviderFailure Silent(IChatProvider provider, TimeSpan limit) =>
        new(FailureKind.Silent, string.Create(
            CultureInfo.InvariantCulture, $"{provider.DisplayName} said nothing for {limit.TotalSeconds:0} seconds. Try again."));

    public static ProviderFailure WebPage(IChatProvider provider) => new(
        FailureKind.Unavailable,
        $"Instead of {provider.DisplayName} a web page answered: check the network and {provider.Name}:baseUrl.");

    public static ProviderFailure Redirected(IChatProvider provider) => new(
        FailureKind.NotConfigured, $"The address of {provider.DisplayName} redirects to another one: check {provider.Name}:baseUrl.");

    public static ProviderFailure Of(IChatProvider provider, HttpRequestException exception) => exception.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => new(
            FailureKind.Unavailable, $"The address of {provider.DisplayName} cannot be found: check the network and {provider.Name}:baseUrl.", Retryable: true),
        HttpRequestError.SecureConnectionError => new(
            FailureKind.Unavailable, $"No secure connection to {provider.DisplayName}: check the network and {provider.Name}:baseUrl."),
        HttpRequestError.InvalidResponse => new(
            FailureKind.Unavailable, $"What answers in place of {provider.DisplayName} does not speak HTTP: check {provider.Name}:baseUrl."),
        _ => new(FailureKind.Unavailable, $"{provider.DisplayName} cannot be reached at the moment. Try again.", Retryable: true),
    };
}
