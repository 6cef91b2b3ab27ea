using System.Globalization;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Clawdex.Gateway.Updates;

/// <summary>Whether what people write can be stored. A restart of the session service passes unnoticed.</summary>
internal sealed class StorageHealth(WaitingNotices notices, SessionClient sessions) : IHealthCheck
{
    /// <summary>Below 100 s together with the time after which a silent call is given up.</summary>
    private static readonly TimeSpan LongestOutage = TimeSpan.FromSeconds(80);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken) =>
        Task.FromResult((notices.OutageFor, sessions.AwayFor) switch
        {
            ({ } outage, _) when outage > LongestOutage => Unhealthy($"No message could be stored for {outage.TotalSeconds:0} s"),
            (_, { } away) when away > LongestOutage => Unhealthy($"The session service has not answered for {away.TotalSeconds:0} s"),
            _ => HealthCheckResult.Healthy(),
        });

    private static HealthCheckResult Unhealthy(FormattableString problem) => HealthCheckResult.Unhealthy(problem.ToString(CultureInfo.InvariantCulture));
}
