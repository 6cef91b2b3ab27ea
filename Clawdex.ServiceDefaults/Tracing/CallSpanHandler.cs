using System.Diagnostics;

namespace Clawdex.ServiceDefaults.Tracing;

/// <summary>
/// Puts the span that gRPC makes of a call on the wire. The span of a call that no trace asked for (a background stream) is
/// dropped by <see cref="SpanHygiene"/> and says so on the wire, so the service that is called begins none either.
/// </summary>
internal sealed class CallSpanHandler : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        DistributedContextPropagator.Current.Inject(
            Activity.Current, request, static (carrier, name, value) => (carrier as HttpRequestMessage)?.Headers.TryAddWithoutValidation(name, value));
        return base.SendAsync(request, cancellationToken);
    }
}
