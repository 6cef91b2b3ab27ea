using System.Buffers;
using System.Globalization;
using System.Text;

namespace Clawdex.Gateway.Markdown;

/// <summary>Foreign words within Markdown of our own.</summary>
internal static class MarkdownText
{
    private static readonly SearchValues<char> Marks = SearchValues.Create("\\`*_~|[]()<>&$#!:");

    /// <summary>Markdown that shows <paramref name="text"/> as it is, in one line.</summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder();
        foreach (var c in InOneLine(text))
        {
            // As a number, since a backslash before a bracket begins a formula.
            if (Marks.Contains(c))
                escaped.Append(CultureInfo.InvariantCulture, $"&#{(int)c};");
            else
                escaped.Append(c);
        }

        return escaped.ToString();
    }

    /// <summary>Markdown that shows <paramref name="text"/> as code.</summary>
    public static string Code(string text)
    {
        text = InOneLine(text);
        var fence = Fence(text, least: 1);
        return fence.Length == 1 ? $"`{text}`" : $"{fence} {text} {fence}";
    }

    /// <summary>Backticks to stand around code: more of them than stand together anywhere within.</summary>
    public static string Fence(string code, int least)
    {
        var (longest, run) = (0, 0);
        foreach (var c in code)
        {
            run = c == '`' ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }

        return new string('`', Math.Max(least, longest + 1));
    }

    private static string InOneLine(string text) => string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
