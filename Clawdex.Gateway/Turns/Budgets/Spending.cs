using Clawdex.Gateway.Services;

namespace Clawdex.Gateway.Turns.Budgets;

/// <summary>
/// What one turn has cost. The session service has charged for one time that a model is asked; it hears of each further one before
/// it begins, so that a gateway that is killed leaves nothing uncharged.
/// </summary>
/// <param name="turn">The turn as it was read.</param>
/// <param name="mayHaveBeenAsked">An earlier run may have asked a model: what the turn is charged stays for that.</param>
internal sealed class Spending(SessionClient sessions, Turn turn, bool mayHaveBeenAsked)
{
    private bool _isReserved = !mayHaveBeenAsked;
    private long _charged = turn.Tokens;

    /// <summary>All that was asked so far, earlier runs included.</summary>
    public long Tokens { get; private set; } = mayHaveBeenAsked ? turn.Tokens : 0;

    /// <summary>To be called before a model is asked.</summary>
    /// <param name="tokens">What that may cost.</param>
    public async Task ReserveAsync(long tokens, CancellationToken cancellationToken)
    {
        if (_isReserved || Tokens + tokens <= _charged)
            return;
        await sessions.ChargeAsync(turn.Id, Tokens + tokens, cancellationToken);
        _charged = Tokens + tokens;
    }

    /// <summary>Adds what was asked, by the provider's count where there is one.</summary>
    /// <param name="end">The last event of the answer.</param>
    /// <param name="estimate">Prompt and text by their length; 0 = no model was asked.</param>
    public void Add(AnswerEvent end, long estimate)
    {
        var cost = end switch
        {
            AnswerEvent.Finished finished => (finished.Tokens ?? estimate) + finished.FailedTokens,
            AnswerEvent.Failed { Failure.Kind: LlmFailureKind.Unreachable } => estimate,
            AnswerEvent.Failed { Failure: var failure } => failure.Tokens,
            _ => 0,
        };
        Tokens += cost;
        GatewayTelemetry.BudgetTokens.Add(cost);
        _isReserved &= cost == 0;
    }
}
