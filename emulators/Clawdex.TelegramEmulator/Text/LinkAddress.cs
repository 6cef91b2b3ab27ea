using System.Globalization;

namespace Clawdex.TelegramEmulator.Text;

/// <summary>What the address of a link leads to: a web page, a user, or (both null) nothing.</summary>
internal sealed record LinkAddress(string? Url, long? UserId)
{
    private const string UserPrefix = "tg://user?id=";

    private static readonly LinkAddress Nowhere = new(null, null);

    /// <summary>Follows the real server: http, https and tg only, a host with a dot, http where no scheme is given.</summary>
    public static LinkAddress Parse(string address)
    {
        address = address.Trim();
        if (address.StartsWith(UserPrefix, StringComparison.OrdinalIgnoreCase)
            && long.TryParse(address.AsSpan(UserPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var user))
        {
            return new(null, user);
        }

        var isTelegram = address.StartsWith("tg://", StringComparison.OrdinalIgnoreCase);
        if (!address.Contains("://", StringComparison.Ordinal))
            address = $"http://{address}";
        if (address.Any(c => c is ' ' or '\n' or '\t') || !Uri.TryCreate(address, UriKind.Absolute, out var uri))
            return Nowhere;
        var isWeb = uri.Scheme is "http" or "https"
            && (uri.Host.Contains('.', StringComparison.Ordinal) || uri.HostNameType is UriHostNameType.IPv6);
        if (!isWeb && !isTelegram)
            return Nowhere;
        var isBare = uri is { PathAndQuery: "/", Fragment: "" };
        return new(isBare && !address.EndsWith('/') ? $"{address}/" : address, null);
    }
}
