using System.Globalization;
using Clawdex.LlmService.Routing;
using Microsoft.Extensions.Options;

namespace Clawdex.LlmService.Providers;

/// <summary>How one provider is reached; the option's name is the provider's, and so is its configuration section.</summary>
internal sealed class ProviderOptions
{
    /// <summary>A secret. Null or blank = not configured, unless <see cref="BaseUrl"/> is on this machine.</summary>
    public string? ApiKey { get; set; }

    /// <summary>Null or blank = the provider's public address.</summary>
    public string? BaseUrl { get; set; }

    /// <summary>The key to send; null = none.</summary>
    public string? Key => string.IsNullOrWhiteSpace(ApiKey) ? null : ApiKey.Trim();

    /// <summary>The address without a slash at its end.</summary>
    public string AddressOr(string fallback) => (string.IsNullOrWhiteSpace(BaseUrl) ? fallback : BaseUrl.Trim()).TrimEnd('/');
}

/// <summary>Lists every mistake by its configuration key; a key's value is never part of a message.</summary>
internal sealed class ValidateProviderOptions : IValidateOptions<ProviderOptions>
{
    public ValidateOptionsResult Validate(string? name, ProviderOptions options)
    {
        if (name is not (ProviderNames.Gemini or ProviderNames.OpenRouter))
            return ValidateOptionsResult.Skip;

        var problems = new List<string>();
        if (options.Key is { } key && key.Any(character => character is <= ' ' or >= '\u007f'))
            problems.Add(string.Create(CultureInfo.InvariantCulture, $"{name}:apiKey contains a space or a character that no key has."));

        var address = options.AddressOr("https://default.invalid");
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            problems.Add($"{name}:baseUrl must be an absolute http or https address.");
        else if (uri.UserInfo.Length > 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0)
            problems.Add($"{name}:baseUrl must have no user name, query or fragment.");

        return problems.Count > 0 ? ValidateOptionsResult.Fail(problems) : ValidateOptionsResult.Success;
    }
}
