namespace Clawdex.SessionService.Model;

/// <summary>The tokens that somebody is charged for on one day: what turns cost, and what is reserved for those that are open.</summary>
/// <remarks>Rows are kept for two days. They say nothing of what was asked, or in which chat.</remarks>
internal sealed record Usage
{
    /// <summary>The user id of the row that has everybody's tokens together.</summary>
    public const long Everybody = 0;

    /// <summary>In UTC.</summary>
    public required DateOnly Day { get; init; }

    public required long UserId { get; init; }

    public required long Tokens { get; init; }

    /// <summary>How much of the budget somebody was told to be used, in per cent: 0 = nobody was told anything.</summary>
    public int ToldPercent { get; init; }
}

/// <summary>Tokens of one day, reserved ones included.</summary>
internal sealed record TokensUsed(long OfUser, long OfAll);

/// <summary>Who is charged, and how much may be charged on a day.</summary>
/// <param name="UserLimit">0 = no limit.</param>
/// <param name="TotalLimit">For all users together; 0 = no limit.</param>
/// <param name="ReserveTokens">What is reserved besides the history.</param>
/// <param name="MaxHistoryMessages">So much of the history is reserved for.</param>
internal sealed record Budget(long UserId, long UserLimit, long TotalLimit, int ReserveTokens, int MaxHistoryMessages)
{
    public bool IsSpent(TokensUsed used) => (UserLimit > 0 && used.OfUser >= UserLimit) || (TotalLimit > 0 && used.OfAll >= TotalLimit);
}
