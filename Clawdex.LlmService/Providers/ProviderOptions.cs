using System.ComponentModel.DataAnnotations;
using Clawdex.ServiceDefaults.Settings;

namespace Clawdex.LlmService.Providers;

/// <summary>
/// How one provider is reached; the option's name is the provider's, and so is its configuration section. The AppHost compiles it
/// too.
/// </summary>
internal sealed class ProviderOptions
{
    /// <summary>Null or blank = not configured, unless <see cref="BaseUrl"/> is on this machine.</summary>
    [Secret]
    [RegularExpression("[!-~]+", ErrorMessage = "contains a blank or a character that no key has")]
    public string? ApiKey { get; set; }

    /// <summary>Null or blank = the provider's public address.</summary>
    [HttpUrl(CarriesSecrets = true)]
    public string? BaseUrl { get; set; }

    /// <summary>Whether <see cref="BaseUrl"/> may be http on another machine.</summary>
    public bool AllowInsecure { get; set; }

    /// <summary>The key to send; null = none.</summary>
    public string? Key => string.IsNullOrWhiteSpace(ApiKey) ? null : ApiKey;

    /// <summary>The address without a slash at its end.</summary>
    public string AddressOr(string fallback) => (string.IsNullOrWhiteSpace(BaseUrl) ? fallback : BaseUrl.Trim()).TrimEnd('/');
}
