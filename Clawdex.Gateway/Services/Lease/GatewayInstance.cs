using System.Globalization;

namespace Clawdex.Gateway.Services.Lease;

/// <summary>This process among gateways, to the session service and in its log.</summary>
internal sealed class GatewayInstance
{
    /// <summary>Random: a process that starts is never taken for one that ran before.</summary>
    public string Id { get; private set; } = NewId();

    /// <summary>Where it runs.</summary>
    public string Place { get; } = string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}, process {Environment.ProcessId}");

    /// <summary>It was declared dead, and comes back as another one.</summary>
    public void Renew() => Id = NewId();

    private static string NewId() => Guid.NewGuid().ToString("N");
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

/// <summary>
/// Lets nothing out to Telegram while another gateway may have taken this one for dead, because a send has no key that would tell
/// Telegram whose it is.
/// </summary>
internal sealed class SendHold(AnswerLease lease) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        await lease.SurelyAliveAsync(cancellationToken);
        return await base.SendAsync(request, cancellationToken);
    }
}
