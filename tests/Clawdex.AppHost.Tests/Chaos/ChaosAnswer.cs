using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Clawdex.AppHost.Tests.Chaos;

/// <summary>
/// What the model answers to one question. It follows from the question's tag alone, so that an answer that is generated again
/// is the same one, and the tag stands in every paragraph, so that any piece of it tells where it belongs.
/// </summary>
/// <param name="Markdown">What the model says.</param>
/// <param name="Visible">What the chat shows when all of it is there.</param>
/// <param name="Chunks">The pieces in which the model says it.</param>
internal sealed partial record ChaosAnswer(string Markdown, string Visible, IReadOnlyList<string> Chunks)
{
    private static readonly string[] Words =
        ["claw", "tide", "lantern", "pebble", "harbour", "signal", "über", "naïve", "drift", "shell", "mosaic", "🦀", "深海", "ember", "quiet", "river"];

    /// <summary>A question's tag, as in <c>c07n012</c>: the twelfth message of chat 7.</summary>
    public static string Tag(int chat, int number) => string.Create(CultureInfo.InvariantCulture, $"c{chat:00}n{number:000}");

    /// <summary>The last tag in a text; null = none.</summary>
    public static string? TagIn(string text) => Tags().Matches(text) is [.., var last] ? last.Value : null;

    public static ChaosAnswer To(string tag)
    {
        var random = ChaosPlan.RandomFor(0, tag);
        var (paragraphs, chunks) = random.Next(20) switch
        {
            < 4 => (1, 1),
            < 12 => (random.Next(1, 3), random.Next(2, 8)),
            < 17 => (random.Next(3, 8), random.Next(5, 15)),
            _ => (random.Next(16, 30), random.Next(15, 25)),
        };

        var (markdown, visible) = (new StringBuilder(), new StringBuilder());
        for (var paragraph = 0; paragraph < paragraphs; paragraph++)
        {
            var separator = paragraph == 0 ? "" : "\n\n";
            var (said, shown) = Paragraph($"{tag}.{paragraph}", random);
            markdown.Append(separator).Append(said);
            visible.Append(separator).Append(shown);
        }

        return new ChaosAnswer(markdown.ToString(), visible.ToString(), Cut(markdown.ToString(), chunks, random));
    }

    private static (string Markdown, string Visible) Paragraph(string mark, Random random)
    {
        var (markdown, visible) = (new StringBuilder(mark), new StringBuilder(mark));
        for (var words = random.Next(10, 60); words > 0; words--)
        {
            var word = Words[random.Next(Words.Length)];
            visible.Append(' ').Append(word);
            markdown.Append(' ').Append(random.Next(12) switch
            {
                0 => $"**{word}**",
                1 => $"`{word}`",
                _ => word,
            });
        }

        return ($"{markdown}.", $"{visible}.");
    }

    /// <summary>Anywhere, in the middle of words and markup, too; never in the middle of a character.</summary>
    private static List<string> Cut(string text, int count, Random random)
    {
        var cuts = Enumerable.Range(1, count - 1)
            .Select(_ => random.Next(1, text.Length))
            .Select(cut => char.IsLowSurrogate(text[cut]) ? cut - 1 : cut)
            .Append(0).Append(text.Length).Distinct().Order().ToList();
        return [.. cuts.Zip(cuts.Skip(1), (from, to) => text[from..to])];
    }

    [GeneratedRegex(@"c\d\dn\d{3}")]
    private static partial Regex Tags();
}
