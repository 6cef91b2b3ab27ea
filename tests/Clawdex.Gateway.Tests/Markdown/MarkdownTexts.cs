using FsCheck;
using FsCheck.Fluent;

namespace Clawdex.Gateway.Tests.Markdown;

/// <summary>Texts as models write them, and texts as nobody should.</summary>
internal static class MarkdownTexts
{
    private static readonly string[] Words =
    [
        "word", "a", "the longer sentence of a model", "2 * 3", "snake_case", "naïve", "日本語", "👩‍👩‍👧‍👦", "e\u0301", "🇩🇪", "x < y & z", "1.5", "$5", "a||b", "[1]", "f(x)", "&amp;", "\"q\"", "C:\\dir", "50%",
    ];

    private static Gen<string> Word => Gen.Elements(Words);

    private static Gen<string> Sentence => Word.NonEmptyListOf().Select(words => string.Join(' ', words.Take(12)));

    private static Gen<string> Inline => Gen.Frequency(
        (4, Sentence),
        (1, Sentence.Select(text => $"**{text}**")),
        (1, Sentence.Select(text => $"*{text}*")),
        (1, Sentence.Select(text => $"~~{text}~~")),
        (1, Sentence.Select(text => $"||{text}||")),
        (1, Word.Select(text => $"`{text}`")),
        (1, Word.Select(text => $"**bold `{text}` bold**")),
        (1, Word.Select(text => $"[{text}](https://example.org/a_b?c=d&e=f)")),
        (1, Sentence.Select(text => $"**open {text}")),
        (1, Sentence.Select(text => $"[open {text}")),
        (1, Sentence.Select(text => $"`open {text}")),
        (1, Gen.Constant("https://example.org/__init__.py")));

    private static Gen<string> Line => Inline.NonEmptyListOf().Select(parts => string.Join(' ', parts.Take(5)));

    private static Gen<string> Lines(Gen<string> line, string separator) => line.NonEmptyListOf().Select(lines => string.Join(separator, lines.Take(12)));

    private static Gen<string> Block => Gen.Frequency(
        (4, Lines(Line, "\n")),
        (1, Line.Select(text => $"## {text}")),
        (2, Lines(Line.Select(text => $"- {text}"), "\n")),
        (1, Lines(Line.Select(text => $"1. {text}\n   - {text}\n\n   more"), "\n")),
        (1, Lines(Line.Select(text => $"> {text}"), "\n")),
        (2, Lines(Sentence.Select(text => $"    {text} {{"), "\n").Select(code => $"```csharp\n{code}\n```")),
        (1, from head in Word from rows in Lines(Line.Select(text => $"| {text.Replace('|', '/')} | 1 |"), "\n") select $"| {head} | n |\n|---|--:|\n{rows}"),
        (1, Gen.Constant("---")));

    /// <summary>Well-formed Markdown of all kinds of blocks.</summary>
    public static Arbitrary<string> Answers => Block.NonEmptyListOf().Select(blocks => string.Join("\n\n", blocks.Take(12))).ToArbitrary();

    /// <summary>Several messages of it.</summary>
    public static Arbitrary<string> LongAnswers => Block.ListOf(60).Select(blocks => string.Join("\n\n", blocks)).ToArbitrary();

    /// <summary>Several messages of marks.</summary>
    public static Arbitrary<string> LongNoise => Noise.Generator.ListOf(150).Select(string.Concat).ToArbitrary();

    /// <summary>Marks without rhyme or reason.</summary>
    public static Arbitrary<string> Noise => Gen.Frequency(
            (5, Gen.Elements("$", "$$", "\\(", "\\)", "\\[", "<br>", "[x]", "- [ ] ", "  ", "\u00A0", "---", "https://a.example", "https://xn--", "ä.x", "\u200D", "\\begin{a}", "\\end{a}", "| a |\n|---|\n", "```md\n", "> ", "*", "**", "_", "`", "```", "~~", "||", "|", "[", "](", ")", "]", "!", "<", ">", "&", "\\", "#", "-", "- ", "1. ", "\n", "\n\n", "    ", "\t", ":", "|-|")),
            (3, Word),
            (1, Gen.Choose(0, 0xFFFF).Select(code => ((char)code).ToString())))
        .ListOf().Select(string.Concat).ToArbitrary();
}
