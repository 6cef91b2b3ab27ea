using System.Net;
using Microsoft.AspNetCore.Http;

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
}
