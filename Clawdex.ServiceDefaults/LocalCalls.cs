namespace Clawdex.ServiceDefaults;

/// <summary>Keeps calls within this machine away from a proxy, which .NET sends them through unless <c>NO_PROXY</c> names them.</summary>
public static class LocalCalls
{
    /// <summary>.NET reads the first of the two, other programs one or the other.</summary>
    private static readonly string[] Names = ["no_proxy", "NO_PROXY"];

    private const string Local = "localhost,.localhost,127.0.0.1,[::1],::1";

    /// <summary>A client for processes of this machine, which is never sent through a proxy.</summary>
    public static HttpClient CreateClient() => new(new SocketsHttpHandler { UseProxy = false });

    /// <summary>
    /// Adds this machine to <c>NO_PROXY</c> of this process and of those that it starts. Call it before the first request: .NET
    /// reads the variable once. Calls to other machines go on using the proxy.
    /// </summary>
    public static void BypassProxy()
    {
        var configured = Names.Select(Environment.GetEnvironmentVariable).FirstOrDefault(value => !string.IsNullOrWhiteSpace(value));
        var hosts = configured is null ? Local
            : configured.EndsWith(Local, StringComparison.Ordinal) ? configured
            : $"{configured},{Local}";
        foreach (var name in Names)
            Environment.SetEnvironmentVariable(name, hosts);
    }
}
