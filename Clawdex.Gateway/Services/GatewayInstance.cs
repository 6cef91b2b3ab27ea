using System.Globalization;

namespace Clawdex.Gateway.Services;

/// <summary>This process among gateways, to the session service and in its log.</summary>
/// <param name="Id">Random: a process that starts is never taken for one that ran before.</param>
/// <param name="Place">Where it runs.</param>
internal sealed record GatewayInstance(string Id, string Place)
{
    public static GatewayInstance OfThisProcess() => new(
        Guid.NewGuid().ToString("N"),
        string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}, process {Environment.ProcessId}"));
}

/// <summary>Names this gateway in each call to the session service, which turns away one that lost its lease.</summary>
internal sealed class HolderHeader(GatewayInstance me) : DelegatingHandler
{
    private const string Name = "clawdex-holder";

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Add(Name, me.Id);
        return base.SendAsync(request, cancellationToken);
    }
}
