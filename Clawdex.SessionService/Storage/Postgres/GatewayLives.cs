using Clawdex.SessionService.Model;
using Microsoft.EntityFrameworkCore;

namespace Clawdex.SessionService.Storage.Postgres;

/// <summary>How a gateway that says it lives is answered.</summary>
/// <param name="Poller">Which one asks Telegram for updates, where there is no webhook: the one that has been there longest; null = none.</param>
internal sealed record GatewayLife(bool IsDead, Gateway? Poller);

/// <summary>
/// Which of several gateways live, by the database's clock. Being late is no death: one that is late for <see cref="TimeToLive"/>
/// may be declared dead by another, which has itself not been late, and then is for ever. So an outage of the database kills nobody.
/// </summary>
internal sealed class GatewayLives(IServiceScopeFactory scopes, ILogger<GatewayLives> logger)
{
    public static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(4);

    /// <summary>Who was late within this time judges nobody: all may have been, because the database was away.</summary>
    private static readonly TimeSpan Steady = TimeToLive * 1.5;

    /// <summary>A dead one's row is of no more use once its turns are others'.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromDays(1);

    private const string Now = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

    /// <summary>The gateway lives; the first time, it joins.</summary>
    public Task<GatewayLife> RenewAsync(string id, string instance, CancellationToken cancellationToken) => RunAsync(
        async db =>
        {
            var renewed = await db.Database.ExecuteSqlRawAsync(
                $$"""
                INSERT INTO gateways (id, instance, joined_at, steady_since, lives_until, dead)
                VALUES ({0}, {1}, {{Now}}, {{Now}}, {{Now}} + {2}, false)
                ON CONFLICT (id) DO UPDATE SET
                    steady_since = CASE WHEN gateways.lives_until < {{Now}} THEN {{Now}} ELSE gateways.steady_since END,
                    lives_until = {{Now}} + {2}
                WHERE NOT gateways.dead
                """,
                [id, instance, (long)TimeToLive.TotalMilliseconds],
                cancellationToken);
            // One that is late need not be dead to let another one poll: what both are given is taken in once.
            return new GatewayLife(
                renewed == 0,
                await db.Gateways.FromSqlRaw($"SELECT * FROM gateways WHERE NOT dead AND lives_until >= {Now}").AsNoTracking()
                    .OrderBy(gateway => gateway.JoinedAt).ThenBy(gateway => gateway.Id).FirstOrDefaultAsync(cancellationToken));
        });

    /// <summary>The gateway ends in order: what it has open is others' at once.</summary>
    public Task EndAsync(string id, CancellationToken cancellationToken) => RunAsync(
        async db =>
        {
            await db.Gateways.Where(gateway => gateway.Id == id).ExecuteUpdateAsync(gateway => gateway.SetProperty(row => row.Dead, true), cancellationToken);
            return await ForgetDeadAsync(db, cancellationToken);
        });

    /// <summary>Whether a gateway lives, or is only late.</summary>
    public Task<bool> AnyAsync(CancellationToken cancellationToken) => RunAsync(db => db.Gateways.AnyAsync(gateway => !gateway.Dead, cancellationToken));

    /// <summary>Declares dead who is late, if the gateway <paramref name="by"/> may judge. False = that one is dead itself.</summary>
    public Task<bool> JudgeAsync(string by, CancellationToken cancellationToken) => RunAsync(
        async db =>
        {
            var declared = await db.Database.ExecuteSqlRawAsync(
                $$"""
                UPDATE gateways SET dead = true
                WHERE NOT dead AND lives_until < {{Now}} AND EXISTS (
                    SELECT 1 FROM gateways judge
                    WHERE judge.id = {0} AND NOT judge.dead AND judge.lives_until >= {{Now}} AND judge.steady_since <= {{Now}} - {1})
                """,
                [by, (long)Steady.TotalMilliseconds],
                cancellationToken);
            if (declared > 0)
            {
                logger.GatewaysDeclaredDead(declared);
                await ForgetDeadAsync(db, cancellationToken);
            }

            return await db.Gateways.AnyAsync(gateway => gateway.Id == by && !gateway.Dead, cancellationToken);
        });

    private static Task<int> ForgetDeadAsync(SessionDbContext db, CancellationToken cancellationToken) => db.Database.ExecuteSqlRawAsync(
        $"DELETE FROM gateways WHERE dead AND lives_until < {Now} - {{0}}", [(long)Kept.TotalMilliseconds], cancellationToken);

    private async Task<T> RunAsync<T>(Func<SessionDbContext, Task<T>> run)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await run(scope.ServiceProvider.GetRequiredService<SessionDbContext>());
    }
}
