using Clawdex.SessionService.Model;
using Clawdex.SessionService.Storage;
using Clawdex.SessionService.Storage.Postgres;
using Microsoft.EntityFrameworkCore;

namespace Clawdex.SessionService.Turns;

/// <summary>
/// Which gateway answers what, where there are several (decision 14). All open turns of a conversation are one gateway's, or wait
/// behind that one's: so the conversation's order needs no agreement between gateways.
/// </summary>
internal sealed class TurnOwners(ISessionWriter writer, SessionReader reader, GatewayLives? lives = null)
{
    /// <summary>Conversations that one claim takes, so that many gateways share what a dead one leaves.</summary>
    private const int MostClaimed = 50;

    private static readonly Func<SessionDbContext, long, Task<bool>> HasWaiting = EF.CompileAsyncQuery(
        (SessionDbContext db, long sessionId) => db.Turns.Any(turn => turn.SessionId == sessionId && turn.SettledAt == null && turn.Owner == Turn.Waiting));

    /// <summary>Turns that are not settled, oldest first.</summary>
    /// <param name="gateway">Whose; empty = everybody's.</param>
    public Task<List<TurnView>> ListOpenAsync(long afterTurnId, int count, string gateway, CancellationToken cancellationToken) =>
        reader.QueryAsync(db => db
            .WithTexts(db.Turns.Where(turn => turn.SettledAt == null && turn.Id > afterTurnId && (gateway == "" || turn.Owner == gateway)).OrderBy(turn => turn.Id).Take(count))
            .ToListAsync(cancellationToken));

    /// <summary>
    /// Gives the gateway the open turns that no living gateway has: a dead one's, and those that wait behind its own turns or
    /// nobody's. What waits behind turns of another living gateway is left to that one.
    /// </summary>
    /// <returns>Those turns, oldest first; empty = there are none any more.</returns>
    public async Task<Outcome<List<TurnView>>> ClaimAsync(string gateway, CancellationToken cancellationToken)
    {
        if (lives is not null && !await lives.JudgeAsync(gateway, cancellationToken))
            return new Refusal(RefusalKind.NotOwner, "This gateway was declared dead.");
        var sessionIds = await reader.QueryAsync(
            db => Claimable(db, gateway).Select(turn => turn.SessionId).Distinct().OrderBy(id => id).Take(MostClaimed).ToListAsync(cancellationToken));
        var claimed = await Task.WhenAll(sessionIds.Select(id => writer.WriteAsync(transaction => ClaimAsync(transaction, id, gateway), cancellationToken)));
        return claimed.SelectMany(views => views).OrderBy(view => view.Turn.Id).ToList();
    }

    /// <summary>Lets the gateway that answers in the session hear of a <c>/stop</c>. False = no other one does.</summary>
    public Task<bool> RequestStopAsync(string sessionKey, string gateway, CancellationToken cancellationToken) =>
        writer.WriteAsync(
            async transaction =>
            {
                var first = await transaction.Db.Turns
                    .Where(turn => turn.SettledAt == null && transaction.Db.Sessions.Any(session => session.Id == turn.SessionId && session.SessionKey == sessionKey))
                    .OrderBy(turn => turn.Id).FirstOrDefaultAsync();
                if (first is null || first.IsFor(gateway))
                    return false;
                first.StopRequested = true;
                await transaction.Db.SaveChangesAsync();
                return true;
            },
            cancellationToken);

    /// <summary>What became of the turns that a gateway answers by what their user did at another one.</summary>
    /// <param name="running">As it has read them; <c>AcceptedAt</c> is Unix time in milliseconds, later once the question was edited.</param>
    /// <returns>Those that are not to be answered any more, and those that are to be answered as they read now.</returns>
    public async Task<(List<long> Stopped, List<TurnView> Edited)> NewsOfAsync(IReadOnlyList<(long Id, long AcceptedAt)> running, CancellationToken cancellationToken)
    {
        if (running.Count == 0)
            return ([], []);
        var ids = running.Select(turn => turn.Id).ToList();
        return await reader.ReadAsync(
            async db =>
            {
                var open = await db.Turns.Where(turn => ids.Contains(turn.Id) && turn.State != TurnState.Cancelled && !turn.StopRequested)
                    .Select(turn => new { turn.Id, turn.AcceptedAt }).ToListAsync(cancellationToken);
                var edited = open.Select(turn => (turn.Id, AcceptedAt: turn.AcceptedAt.ToUnixTimeMilliseconds())).Except(running).Select(turn => turn.Id).ToList();
                return (
                    ids.Except(open.Select(turn => turn.Id)).ToList(),
                    edited.Count == 0 ? [] : await db.WithTexts(db.Turns.Where(turn => edited.Contains(turn.Id))).ToListAsync(cancellationToken));
            },
            cancellationToken);
    }

    /// <summary>Gives the turns that wait behind a settled one to its gateway. The caller saves the session's row.</summary>
    /// <param name="gateway">Whose turn it was; empty = it does not say, and takes nothing.</param>
    public static async Task<IReadOnlyList<TurnView>> HandOverAsync(SessionDbContext db, long sessionId, string gateway)
    {
        if (gateway.Length == 0 || !await HasWaiting(db, sessionId))
            return [];
        await db.Turns.Where(turn => turn.SessionId == sessionId && turn.SettledAt == null && turn.Owner == Turn.Waiting)
            .ExecuteUpdateAsync(turn => turn.SetProperty(row => row.Owner, gateway));
        return await ListOfAsync(db, sessionId, gateway);
    }

    /// <summary>What is open in the session and the gateway's.</summary>
    public static async Task<IReadOnlyList<TurnView>> ListOfAsync(SessionDbContext db, long sessionId, string gateway) =>
        await db.WithTexts(db.Turns.Where(turn => turn.SessionId == sessionId && turn.SettledAt == null && turn.Owner == gateway)).ToListAsync();

    /// <summary>Ends what is open in a session, because nobody is to be answered there any more.</summary>
    /// <remarks>
    /// A session's turns are answered one after the other: behind the first one, what nothing is shown of has asked no model, and
    /// costs nothing. Of the others the gateway alone knows what they cost; until it says so, they keep their reservation.
    /// </remarks>
    public static async Task CancelOpenAsync(WriteTransaction transaction, Session session)
    {
        var open = await transaction.Db.Turns.Where(turn => turn.SessionId == session.Id && turn.SettledAt == null).OrderBy(turn => turn.Id).ToListAsync();
        foreach (var (place, turn) in open.Index())
        {
            if (turn.Detached)
                transaction.Erased();
            if (place > 0 && turn.State is TurnState.Accepted)
                await UsageLedger.ChargeAsync(transaction, turn, new Charge(0));
            (turn.State, turn.SettledAt, turn.DetachedUserText, turn.DetachedAnswerText) = (TurnState.Cancelled, transaction.Now, null, null);
            transaction.TurnEntered(TurnState.Cancelled);
        }

        if (open.Count > 0)
            await transaction.SaveAsync(session);
    }

    private static IQueryable<Turn> Claimable(SessionDbContext db, string gateway) =>
        db.Turns.Where(turn => turn.SettledAt == null && turn.Owner != gateway
            && !db.Turns.Any(other => other.SessionId == turn.SessionId && other.SettledAt == null && other.Owner != gateway
                && db.Gateways.Any(living => living.Id == other.Owner && !living.Dead)));

    private static async Task<List<TurnView>> ClaimAsync(WriteTransaction transaction, long sessionId, string gateway)
    {
        var db = transaction.Db;
        if (await db.Sessions.SingleOrDefaultAsync(row => row.Id == sessionId) is not { } session)
            return [];
        var claimable = await Claimable(db, gateway).Where(turn => turn.SessionId == sessionId).ToListAsync();
        if (claimable.Count == 0)
            return [];
        foreach (var turn in claimable)
            turn.Owner = gateway;
        await transaction.SaveAsync(session);
        var ids = claimable.Select(turn => turn.Id).ToList();
        return await db.WithTexts(db.Turns.Where(turn => ids.Contains(turn.Id))).ToListAsync();
    }
}
