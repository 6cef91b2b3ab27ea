using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Clawdex.Gateway.Services.Lease;

/// <summary>
/// Whether this gateway is the one that answers. One that waits is degraded, not unhealthy: a deployment that starts the new
/// instance before it ends the old one would otherwise wait for ever.
/// </summary>
internal sealed class AnswerLeaseHealth(AnswerLease lease) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken) =>
        Task.FromResult((lease.IsHeld, lease.OtherHolder) switch
        {
            (true, _) => HealthCheckResult.Healthy(),
            (_, { } holder) => HealthCheckResult.Degraded($"Another gateway answers for this bot ({holder}); this one waits until that one ends"),
            _ => HealthCheckResult.Unhealthy("The session service has not allowed this gateway to answer yet"),
        });
}
