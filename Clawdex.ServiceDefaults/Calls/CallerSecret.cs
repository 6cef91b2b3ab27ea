using Microsoft.Extensions.Options;

namespace Clawdex.ServiceDefaults.Calls;

/// <summary>Sends the services' secret with each call.</summary>
internal sealed class CallerSecret(IOptions<CallSettings> options) : DelegatingHandler
{
    private readonly string? _bearer = options.Value.Bearer;

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (_bearer is not null)
            request.Headers.TryAddWithoutValidation("Authorization", _bearer);
        return base.SendAsync(request, cancellationToken);
    }
}
