namespace Clawdex.Gateway.Markdown;

/// <summary>One message of a formatted answer, within every limit of Telegram.</summary>
/// <param name="Html">For <c>parse_mode=HTML</c>.</param>
/// <param name="Plain">The same text without markup: what the reader sees, and the fallback when Telegram rejects the markup.</param>
internal sealed record MessageText(string Html, string Plain)
{
    /// <summary>The HTML of a rich message that shows the same, and more of it; null = there is none.</summary>
    public string? Rich { get; init; }
}
