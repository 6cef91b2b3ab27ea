using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Clawdex.SessionService.Storage.Postgres;

/// <summary>Healthy = the server answers, and takes writes: one that became a standby reads on and refuses them.</summary>
internal sealed class PostgresHealth(IServiceScopeFactory scopes) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<SessionDbContext>();
            var takesWrites = await db.Database
                .SqlQuery<bool>($"SELECT current_setting('transaction_read_only') = 'off' AS \"Value\"").SingleAsync(cancellationToken);
            return takesWrites ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The PostgreSQL server takes no writes");
        }
        catch (Exception exception) when (DatabaseErrors.CauseOf(exception) is DbException)
        {
            return HealthCheckResult.Unhealthy($"The PostgreSQL server cannot be reached ({DatabaseErrors.CodeOf(exception)})");
        }
    }
}
