using Clawdex.Gateway.Services;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Clawdex.Gateway.Turns;

/// <summary>
/// Whether what was left open could be taken up: those who wrote it wait for an answer. Without the lease, it is another
/// gateway's.
/// </summary>
internal sealed class TurnRecoveryHealth(TurnRecovery recovery, AnswerLease lease) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken) =>
        Task.FromResult((lease.IsHeld ? recovery.Failure : null) switch
        {
            null => HealthCheckResult.Healthy(),
            SessionException { Failure: var failure } => HealthCheckResult.Unhealthy($"What was left open cannot be taken up ({failure})"),
            var error => HealthCheckResult.Unhealthy($"What was left open cannot be taken up ({error.GetType().Name})"),
        });
}
