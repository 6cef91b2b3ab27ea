using System.Net;
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
            return string.IsNullOrEmpty(url)
                || BindingAddress.Parse(url) is var address
                    && (address.IsUnixPipe || address.Host is "localhost" || IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
        }
        catch (FormatException)
        {
            return true;
        }
    }

    /// <summary>The configuration paths of the endpoints that other machines can reach: a service that has one is deployed, and may not be as open as on a developer's machine.</summary>
    public static IEnumerable<string> OpenEndpoints(IConfiguration configuration) =>
        configuration.GetSection("Kestrel:Endpoints").GetChildren().Where(endpoint => !IsLocal(endpoint["Url"])).Select(endpoint => endpoint.Path);
}
