using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Clawdex.Gateway.Inbound;

/// <summary>The gateway is healthy when Telegram answers it.</summary>
internal sealed class BotConnectionHealth(BotConnection connection) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken) =>
        Task.FromResult((connection.Failure, connection.Identity) switch
        {
            ({ } failure, _) => HealthCheckResult.Unhealthy($"The Bot API does not answer: {failure.Kind}"),
            (null, null) => HealthCheckResult.Unhealthy("Not yet connected to the Bot API"),
            _ => HealthCheckResult.Healthy(),
        });
}
