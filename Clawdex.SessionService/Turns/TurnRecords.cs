using Clawdex.SessionService.Model;

namespace Clawdex.SessionService.Turns;

/// <summary>What a user wrote.</summary>
/// <param name="SourceId">Unique per session: the same update, delivered again, has the same one.</param>
/// <param name="ContinuesTurnId">The turn whose answer was cut and is to go on; null = none.</param>
internal sealed record NewMessage(
    SessionIdentity Session, string SourceId, string Text, long OriginMessageId, string? TraceParent, long? ContinuesTurnId)
{
    /// <summary>The gateway that takes it in; empty = it does not say.</summary>
    public string Gateway { get; init; } = "";

    /// <summary>Null = nothing is charged.</summary>
    public Budget? Budget { get; init; }

    /// <summary>The session's last question again, in place of the former turn. Its text is empty, or what the question's message reads now.</summary>
    public bool IsRetry { get; init; }

    /// <summary>A command that lets a model be asked: it enters no history, and its turn is settled from the start.</summary>
    public bool IsCommand { get; init; }

    /// <summary>The turn that it begins.</summary>
    public Turn Open(long sessionId, DateTimeOffset now) => new()
    {
        SessionId = sessionId,
        SourceId = SourceId,
        State = IsCommand ? TurnState.Delivered : TurnState.Accepted,
        OriginMessageId = OriginMessageId,
        TraceParent = TraceParent,
        UserId = Budget?.UserId ?? 0,
        AcceptedAt = now,
        SettledAt = IsCommand ? now : null,
    };
}

/// <summary>What became of a message.</summary>
/// <param name="View">Null = the budget is spent, and nothing was stored.</param>
/// <param name="UsedBefore">Null = it was stored before, or nothing is charged.</param>
internal sealed record Acceptance(TurnView? View, bool IsDuplicate, TokensUsed? UsedBefore);

/// <summary>How far a turn has come.</summary>
/// <param name="Next">Turns of its conversation that waited behind it, and are the caller's to answer now.</param>
internal sealed record TurnProgress(TurnState State, IReadOnlyList<TurnView> Next);

/// <summary>A model's answer to a turn.</summary>
/// <param name="PromptTokens">As the provider counted; 0 = unknown.</param>
/// <param name="CompletionTokens">As the provider counted; 0 = unknown.</param>
/// <param name="EstimatedPromptTokens">What the context was estimated at; 0 = unknown.</param>
internal sealed record Answer(
    long TurnId,
    string Text,
    FinishReason FinishReason,
    string? Model,
    int PromptTokens,
    int CompletionTokens,
    int EstimatedPromptTokens,
    string? Detail)
{
    /// <summary>What the turn cost in all; null = what is reserved stands.</summary>
    public Charge? Charge { get; init; }

    /// <summary>The gateway that gives it; empty = it does not say.</summary>
    public string Gateway { get; init; } = "";
}

/// <summary>What a turn is charged.</summary>
/// <param name="CostMicrodollars">What of that providers have named a price for.</param>
internal sealed record Charge(long Tokens, long CostMicrodollars = 0);
