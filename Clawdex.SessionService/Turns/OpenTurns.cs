using Clawdex.SessionService.Model;
using Clawdex.SessionService.Storage;
using Microsoft.EntityFrameworkCore;

namespace Clawdex.SessionService.Turns;

/// <summary>Ends what is open in a session, because nobody is to be answered there any more.</summary>
internal static class OpenTurns
{
    /// <remarks>
    /// A session's turns are answered one after the other: behind the first one, what nothing is shown of has asked no model, and
    /// costs nothing. Of the others the gateway alone knows what they cost; until it says so, they keep their reservation.
    /// </remarks>
    public static async Task CancelAsync(WriteTransaction transaction, Session session)
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
}
