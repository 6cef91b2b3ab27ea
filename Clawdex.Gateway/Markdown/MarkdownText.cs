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
        var fence = new string('`', LongestRun(text) + 1);
        return fence.Length == 1 ? $"`{text}`" : $"{fence} {text} {fence}";
    }

    private static string InOneLine(string text) => string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    private static int LongestRun(string text)
    {
        var (longest, run) = (0, 0);
        foreach (var c in text)
        {
            run = c == '`' ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }

        return longest;
    }
}
