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
    private long _mayCost;

    /// <summary>Of <see cref="Spent"/>, what was assumed for an answer whose end nobody has seen.</summary>
    private long _assumed = mayHaveBeenAsked ? turn.Tokens : 0;

    /// <summary>All that was asked so far, earlier runs included.</summary>
    public Spent Spent { get; private set; } = new(mayHaveBeenAsked ? turn.Tokens : 0);

    /// <summary>To be called before a model is asked.</summary>
    /// <param name="tokens">What that may cost.</param>
    public async Task ReserveAsync(long tokens, CancellationToken cancellationToken)
    {
        _mayCost = tokens;
        if (_isReserved || Spent.Tokens + tokens <= _charged)
            return;
        await sessions.ChargeAsync(turn.Id, Spent with { Tokens = Spent.Tokens + tokens }, cancellationToken);
        _charged = Spent.Tokens + tokens;
    }

    /// <summary>
    /// Charges what is charged or spent already, to hear whose turn it is: fails with <see cref="SessionFailure.TakenOver"/> where it
    /// is another gateway's.
    /// </summary>
    public Task ConfirmAsync(CancellationToken cancellationToken) =>
        sessions.ChargeAsync(turn.Id, Spent with { Tokens = Math.Max(Spent.Tokens, _charged) }, cancellationToken);

    /// <summary>An answer begins.</summary>
    /// <param name="isTakenUp">It is the one whose end nobody has seen: what it really costs takes the place of what was assumed.</param>
    public void Begin(bool isTakenUp)
    {
        if (isTakenUp)
            Spent = Spent with { Tokens = Spent.Tokens - _assumed };
        _assumed = 0;
    }

    /// <summary>
    /// Adds what was asked, by the provider's count where there is one. An answer that was broken off is charged what it might have
    /// cost: nobody has counted its thoughts, and who stops each answer before its first word would pay for none of them.
    /// </summary>
    /// <param name="end">The last event of the answer.</param>
    /// <param name="prompt">Tokens, by its length; 0 = no model was asked.</param>
    /// <param name="text">Tokens of what was said, by its length.</param>
    public void Add(AnswerEvent.Finished end, long prompt, long text)
    {
        var isWhole = end.End is AnswerEnd.Complete or AnswerEnd.ContentFilter;
        var cost = end.FailedTokens + end.Tokens switch
        {
            null when prompt == 0 => 0,
            null => isWhole ? prompt + text : Math.Max(prompt + text, _mayCost),
            // Some servers count no words, or nothing at all.
            { } counted when text > 0 && end.CompletionTokens == 0 => Math.Max(prompt + text, counted),
            { } counted => counted,
        };
        Spent = new Spent(Spent.Tokens + cost, Spent.Microdollars + end.Microdollars);
        if (end.Failure is { Kind: LlmFailureKind.Unreachable })
            _assumed += cost;
        GatewayTelemetry.BudgetTokens.Add(cost);
        _isReserved &= cost == 0;
    }
}
