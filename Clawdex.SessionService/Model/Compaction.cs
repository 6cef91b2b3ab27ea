namespace Clawdex.SessionService.Model;

/// <summary>A summary and the messages that it stands for. The messages themselves stay.</summary>
internal sealed record Compaction
{
    public long Id { get; init; }

    public required long SessionId { get; init; }

    public required string Summary { get; init; }

    /// <summary>Estimate for the summary: chars / 4.</summary>
    public required int TokenCount { get; init; }

    public required long FirstMessageId { get; init; }

    /// <summary>The context starts behind this message.</summary>
    public required long LastMessageId { get; init; }

    public required DateTimeOffset InsertedAt { get; init; }

    /// <summary>Null = in force.</summary>
    public DateTimeOffset? UndoneAt { get; set; }
}
