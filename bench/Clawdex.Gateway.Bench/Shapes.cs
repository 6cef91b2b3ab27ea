using System.Globalization;
using System.Text;

namespace Clawdex.Gateway.Bench;

/// <summary>Texts that are hard on a renderer, each as long as one likes.</summary>
internal static class Shapes
{
    private const string Sentence = "The model explains things in full sentences, because people like to read them, and some of them are longer than others. ";

    /// <summary>What all others are held against: paragraphs of a few sentences.</summary>
    public static Func<int, string> Prose { get; } = Repeat(string.Concat(Enumerable.Repeat(Sentence, 5)) + "\n\n");

    public static IReadOnlyDictionary<string, Func<int, string>> All { get; } = new Dictionary<string, Func<int, string>>
    {
        ["prose in one line"] = Repeat(Sentence),
        ["prose in lines"] = Repeat(Sentence + "\n"),
        ["a word without end"] = Repeat("a"),
        ["words of one letter"] = Repeat("a "),
        ["lines of one letter"] = Repeat("a\n"),
        ["paragraphs of one letter"] = Repeat("a\n\n"),
        ["Chinese"] = Repeat("模型用完整的句子解释事情，因为人们喜欢阅读它们。"),
        ["emoji"] = Repeat("👩‍👩‍👧‍👦🇩🇪"),
        ["combining marks"] = length => "e" + new string('\u0301', length - 1),
        ["combining marks on each letter"] = Repeat("e\u0301\u0323"),
        ["spaces"] = length => "a" + new string(' ', length - 2) + "b",
        ["line breaks"] = length => "a" + new string('\n', length - 2) + "b",
        ["brackets with a letter"] = Repeat("[a"),
        ["opening brackets"] = Repeat("["),
        ["closing brackets"] = Repeat("]"),
        ["pairs of brackets"] = Repeat("[a] "),
        ["nested pairs"] = length => new string('[', length / 2) + new string(']', length / 2),
        ["image brackets"] = Repeat("![a"),
        ["footnotes"] = Repeat("A fact [1][2], another one [3]. "),
        ["a matrix"] = Repeat("[[1, 2], [3, 4]], "),
        ["links"] = Repeat("[a link](https://example.org/a_b?c=d) "),
        ["a link without end"] = length => "[a](" + new string('b', length - 4),
        ["links without end"] = Repeat("[a](b "),
        ["addresses"] = Repeat("https://example.org/a_b?c=d "),
        ["autolinks"] = Repeat("<https://example.org/a> "),
        ["emphasis"] = Repeat("**bold** and *italic* "),
        ["opening stars"] = Repeat("*a "),
        ["closing stars"] = Repeat("a* "),
        ["stars"] = Repeat("*"),
        ["stars between letters"] = Repeat("a*"),
        ["stars and underscores"] = Repeat("*a _b "),
        ["runs of growing length"] = Grow(i => new string('*', i % 60) + "a "),
        ["double stars that close late"] = Repeat("a**b c* "),
        ["underscores"] = Repeat("_a_b"),
        ["strikes"] = Repeat("~~a "),
        ["spoilers"] = Repeat("||a "),
        ["backticks"] = Repeat("`a"),
        ["runs of backticks"] = Grow(i => new string('`', (i % 60) + 1) + "a"),
        ["code"] = Repeat("some `code` here, "),
        ["backslashes"] = Repeat("\\a"),
        ["escapes"] = Repeat("\\*"),
        ["dollars"] = Repeat("$a"),
        ["prices"] = Repeat("It costs $5 or $6. "),
        ["formulas"] = Repeat("$x_1$ and \\(y_1\\) "),
        ["open formulas"] = Repeat("\\(a "),
        ["entities"] = Repeat("&amp;&copy;"),
        ["ampersands"] = Repeat("&a"),
        ["HTML"] = Repeat("<b>x</b> "),
        ["opening angles"] = Repeat("<a"),
        ["line breaks of HTML"] = Repeat("a<br>"),
        ["quotes"] = Repeat("> " + Sentence + "\n"),
        ["deep quotes"] = Repeat("> > > > a\n"),
        ["quotes without end"] = Repeat("> "),
        ["a list"] = Repeat("- an item with **bold** text\n"),
        ["a numbered list"] = Grow(i => string.Create(CultureInfo.InvariantCulture, $"{i + 1}. an item with **bold** text\n")),
        ["items in items"] = Grow(i => new string(' ', i % 10 * 2) + "- a\n"),
        ["an item without end"] = length => "- " + Prose(length).Replace("\n\n", "\n\n  ", StringComparison.Ordinal)[..(length - 2)],
        ["bullets"] = Repeat("- "),
        ["dashes"] = Repeat("-"),
        ["headings"] = Repeat("## A heading\n\ntext\n\n"),
        ["a heading without end"] = length => "# " + Repeat("word ")(length - 2),
        ["a table"] = length => "| Name | Value |\n|---|--:|\n" + Repeat("| a name | 12 |\n")(length - 27),
        ["a table of formatted cells"] = length => "| Name | Value |\n|---|--:|\n" + Repeat("| **a** | `1` [a](https://a.example) |\n")(length - 27),
        ["a table of short rows"] = length => "a|b\n-|-\n" + Repeat("|a\n")(length - 8),
        ["a row of cells"] = length => "a|b\n-|-\n" + Repeat("| a ")(length - 8),
        ["rows that widen"] = length => "a|b\n-|-\n" + Grow(i => $"{new string('x', i % 33)}|b\n")(length - 8),
        ["tables"] = Repeat("| Name | Value |\n|---|--:|\n| a | 1 |\n| b | 2 |\n\n"),
        ["heads of tables"] = Repeat("| Name | Value |\n|---|--:|\n\n"),
        ["pipes"] = Repeat("|"),
        ["rules of tables"] = Repeat("|-"),
        ["code in a fence"] = length => "```csharp\n" + Repeat("public static int Add(int a, int b) => a + b; // <3\n")(length - 10),
        ["a line of code without end"] = length => "```\n" + Repeat("a < b ")(length - 4),
        ["fences"] = Repeat("```\na\n```\n"),
        ["fences in Markdown"] = length => "```markdown\n" + Repeat("```py\na\n```\n")(length - 12),
        ["a fence's language without end"] = length => "```" + new string('a', length - 3),
        ["indented code"] = Repeat("    a = 1\n"),
        ["blank lines in code"] = length => "```\na" + new string('\n', length - 6) + "b",
        ["an ordinary answer"] = Repeat(
            $"## A section\n\nSome **bold** and *italic* text with `code`, a [link](https://example.org/a) and more. {Sentence}\n\n- a first point with **emphasis**\n"
            + "- a second one\n  - and what follows\n\n```csharp\nvar a = 1 < 2;\n```\n\n| Name | Value |\n|------|------:|\n| one | 1 |\n| two | 2 |\n\n"),
    };

    private static Func<int, string> Repeat(string text) => length => string.Concat(Enumerable.Repeat(text, (length / text.Length) + 1))[..length];

    private static Func<int, string> Grow(Func<int, string> piece) => length =>
    {
        var text = new StringBuilder();
        for (var i = 0; text.Length < length; i++)
            text.Append(piece(i));
        return text.ToString(0, length);
    };
}
