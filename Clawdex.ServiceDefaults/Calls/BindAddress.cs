using System.Net;
using Clawdex.ServiceDefaults.Settings;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace Clawdex.ServiceDefaults.Calls;

/// <summary>Where a service listens.</summary>
public static class BindAddress
{
    /// <summary>Whether only this machine can reach it. None at all reaches nobody, nor does what is no address: the server refuses it.</summary>
    public static bool IsLocal(string? url)
    {
        try
        {
            // Kestrel reads a host in the same way, and listens everywhere for one that is no address, such as [127.0.0.1].
            return string.IsNullOrEmpty(url)
                || BindingAddress.Parse(url) is var address
                    && (address.IsUnixPipe || address.Host is "localhost" || IPAddress.TryParse(address.Host, out var ip) && IPAddress.IsLoopback(ip));
        }
        catch (FormatException)
        {
            return true;
        }
    }

    /// <summary>The settings by which other machines can reach a service: one that has any is deployed, and may not be as open as on a developer's machine.</summary>
    public static IEnumerable<string> OpenEndpoints(IConfiguration configuration)
    {
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren().ToList();
        var open = endpoints.Where(endpoint => !IsLocal(endpoint["Url"])).Select(endpoint => $"{endpoint.Path}:Url");
        // Kestrel takes the other addresses only where it has no endpoint, or is told to prefer them.
        return endpoints.Count > 0 && configuration["preferHostingUrls"] is not "1" && !configuration.IsTrue("preferHostingUrls")
            ? open
            : open.Concat(OpenAddresses(configuration, ""));
    }

    /// <summary>The same of addresses that are no endpoints. Ports without an address are open on all of the machine's.</summary>
    /// <param name="prefix">Of a variable, which the host of a service takes away.</param>
    public static IEnumerable<string> OpenAddresses(IConfiguration configuration, string prefix) =>
        configuration[$"{prefix}URLS"] is { Length: > 0 } urls
            ? urls.Split(';', StringSplitOptions.RemoveEmptyEntries).Where(url => !IsLocal(url)).Take(1).Select(_ => $"{prefix}URLS")
            : ((string[])[$"{prefix}HTTP_PORTS", $"{prefix}HTTPS_PORTS"]).Where(ports => !string.IsNullOrWhiteSpace(configuration[ports]));
}
