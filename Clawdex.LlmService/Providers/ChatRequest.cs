namespace Clawdex.LlmService.Providers;

internal enum ChatRole
{
    User,
    Assistant,
}

internal sealed record ChatTurn(ChatRole Role, string Text);

/// <summary>What some servers or models refuse, and what an answer can do without.</summary>
[Flags]
internal enum RequestParts
{
    None = 0,
    UsageReport = 1,
    SystemPrompt = 2,
    OutputLimit = 4,
}

/// <summary>What a provider is asked: turns alternate, and begin and end with the user's (see <see cref="ChatHistory"/>).</summary>
/// <param name="ModelId">The id on the provider's wire.</param>
/// <param name="SystemPrompt">Empty = none.</param>
internal sealed record ChatRequest(string ModelId, string SystemPrompt, IReadOnlyList<ChatTurn> Turns)
{
    public bool AsksForUsage { get; private init; } = true;

    /// <summary>Tokens that the answer may have; null = as many as the provider lets it.</summary>
    public int? MaxOutputTokens { get; init; }

    /// <summary>What it has that could be left out.</summary>
    public RequestParts Parts =>
        (AsksForUsage ? RequestParts.UsageReport : RequestParts.None)
        | (SystemPrompt.Length > 0 ? RequestParts.SystemPrompt : RequestParts.None)
        | (MaxOutputTokens is not null ? RequestParts.OutputLimit : RequestParts.None);

    /// <summary>The same question without these parts; what the system prompt says is then said by the user.</summary>
    public ChatRequest Without(RequestParts parts) => this with
    {
        AsksForUsage = !parts.HasFlag(RequestParts.UsageReport),
        MaxOutputTokens = parts.HasFlag(RequestParts.OutputLimit) ? null : MaxOutputTokens,
        SystemPrompt = parts.HasFlag(RequestParts.SystemPrompt) ? "" : SystemPrompt,
        Turns = parts.HasFlag(RequestParts.SystemPrompt)
            ? ChatHistory.Normalize(Turns.Prepend(new ChatTurn(ChatRole.User, SystemPrompt)))
            : Turns,
    };
}
