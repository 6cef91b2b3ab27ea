namespace Clawdex.Gateway.Markdown;

/// <summary>A model's Markdown as Telegram messages.</summary>
internal static class TelegramText
{
    /// <summary>UTF-16 units; Telegram counts code points, so this is never too many.</summary>
    public const int MaxLength = 4096;

    /// <summary>The messages that show <paramref name="markdown"/>; none if nothing of it is visible.</summary>
    /// <param name="complete">False while more text may follow: markup that is still open is closed, and incomplete markup is left out.</param>
    public static IReadOnlyList<MessageText> Render(string markdown, bool complete) => new GrowingText().Render(markdown, complete);
}
