using Microsoft.Extensions.Configuration;

namespace Clawdex.ServiceDefaults.Calls;

/// <summary>Whether other machines can reach a service: then it is deployed, and may not be as open as on a developer's machine.</summary>
public static class OpenEndpoints
{
    /// <summary>The configuration path of the first endpoint that is not this machine's alone; null = all are.</summary>
    public static string? FirstOf(IConfiguration configuration) =>
        configuration.GetSection("Kestrel:Endpoints").GetChildren().FirstOrDefault(endpoint => !BindAddress.IsLocal(endpoint["Url"]))?.Path;
}
