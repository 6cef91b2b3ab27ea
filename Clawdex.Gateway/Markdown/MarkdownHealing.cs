using System.Text;
using System.Text.RegularExpressions;
using Markdig.Helpers;

namespace Clawdex.Gateway.Markdown;

/// <summary>
/// Shows an answer that still grows as it will most likely look: what has been opened at its very end (<c>**bo</c>,
/// <c>[a](http</c>) is closed, and a mark that means nothing yet (<c>-</c>, <c>``</c>) is left out until more comes.
/// </summary>
internal static partial class MarkdownHealing
{
    /// <summary>A link to here shows its text alone: its true target is yet to come.</summary>
    public const string UnknownTarget = "healing:";

    /// <summary>The source without a last line that is nothing but the beginning of a block's mark.</summary>
    public static string WithoutPartialMark(string source)
    {
        var lineStart = source.LastIndexOf('\n') + 1;
        var line = source[lineStart..];
        // Without the box of a task its bullet is left, and means nothing either.
        while (PartialMark().Match(line) is { Success: true } match)
            line = line[..match.Groups["mark"].Index];
        return lineStart + line.Length == source.Length ? source : source[..(lineStart + line.Length)];
    }

    /// <summary>Heals the lines of a leaf block if they are the last ones of the source.</summary>
    public static void Heal(ref StringLineGroup lines)
    {
        if (lines.Count == 0 || !IsLast(lines.Lines[lines.Count - 1].Slice))
            return;

        if (MayBeTableHead(lines, out var head))
        {
            while (lines.Count > head)
                lines.RemoveAt(lines.Count - 1);
        }

        var text = Join(lines);
        var (keep, suffix) = OpenMarkup.Close(text);
        Cut(ref lines, text.Length - keep);
        if (suffix.Length == 0 || lines.Count == 0)
            return;

        // Positions count from the start of the source, so the healed line stands in a copy of it.
        ref var last = ref lines.Lines[lines.Count - 1].Slice;
        var healed = string.Concat(last.Text.AsSpan(0, last.End + 1), suffix);
        last = new StringSlice(healed, last.Start, healed.Length - 1);
    }

    // After a blank line the block is over, and what is open in it stays open.
    private static bool IsLast(StringSlice slice)
    {
        var rest = slice.Text.AsSpan(slice.End + 1);
        return rest.IndexOfAnyExcept(" \t|\n") < 0 && rest.Count('\n') < 2;
    }

    // A line that begins with a pipe is the head of a table as soon as a rule follows it; shown before, it would jump.
    private static bool MayBeTableHead(StringLineGroup lines, out int head)
    {
        var last = lines.Lines[lines.Count - 1].Slice.AsSpan();
        var isRule = lines.Count > 1 && last.Length > 0 && last.IndexOfAnyExcept("|:- \t") < 0;
        head = isRule ? lines.Count - 2 : lines.Count - 1;
        var line = lines.Lines[head].Slice.AsSpan();
        return line.StartsWith('|') && !line.StartsWith("||", StringComparison.Ordinal);
    }

    private static string Join(StringLineGroup lines)
    {
        if (lines.Count == 1)
            return lines.Lines[0].Slice.ToString();

        var text = new StringBuilder();
        for (var i = 0; i < lines.Count; i++)
            text.Append(i == 0 ? "" : "\n").Append(lines.Lines[i].Slice.AsSpan());
        return text.ToString();
    }

    private static void Cut(ref StringLineGroup lines, int surplus)
    {
        while (lines.Count > 0 && surplus >= lines.Lines[lines.Count - 1].Slice.Length)
        {
            surplus -= lines.Lines[lines.Count - 1].Slice.Length + 1;
            lines.RemoveAt(lines.Count - 1);
        }

        if (lines.Count > 0 && surplus > 0)
            lines.Lines[lines.Count - 1].Slice.End -= surplus;
    }

    // A bullet, heading, quote, rule or fence without its text, or the box of a task without its end.
    [GeneratedRegex(@"\A[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(?<mark>[-+*#>=_~`]+|\[[ xX]?\]?)[ \t]*\z", RegexOptions.ExplicitCapture)]
    private static partial Regex PartialMark();
}
