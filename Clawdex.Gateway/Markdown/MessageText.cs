namespace Clawdex.Gateway.Markdown;

/// <summary>One message of a formatted answer, within every limit of Telegram.</summary>
/// <param name="Html">For <c>parse_mode=HTML</c>.</param>
/// <param name="Plain">The same text without markup: what the reader sees, and the fallback when Telegram rejects the markup.</param>
internal sealed record MessageText(string Html, string Plain);
