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

/// <summary>What a provider is asked: turns alternate, and begin and end with the user's (see <see cref="Normalize"/>).</summary>
/// <param name="ModelId">The id on the provider's wire.</param>
/// <param name="SystemPrompt">Empty = none.</param>
internal sealed record ChatRequest(string ModelId, string SystemPrompt, IReadOnlyList<ChatTurn> Turns)
{
    private const string Joint = "\n\n";

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
            ? Normalize(Turns.Prepend(new ChatTurn(ChatRole.User, SystemPrompt)))
            : Turns,
    };

    /// <summary>
    /// Brings any history into the one shape that every provider accepts: no empty turns, the two roles in alternation, the user
    /// first and last. Gemini answers 400 to anything else.
    /// </summary>
    /// <returns>Empty when there is nothing from the user to answer.</returns>
    public static IReadOnlyList<ChatTurn> Normalize(IEnumerable<ChatTurn> turns)
    {
        var result = new List<ChatTurn>();
        foreach (var turn in turns.Where(turn => !string.IsNullOrWhiteSpace(turn.Text)))
        {
            if (result is [.., var last] && last.Role == turn.Role)
                result[^1] = last with { Text = last.Text + Joint + turn.Text };
            else if (result.Count > 0 || turn.Role is ChatRole.User)
                result.Add(turn);
        }

        if (result is [.., { Role: ChatRole.Assistant }])
            result.RemoveAt(result.Count - 1);
        return result;
    }
}
