using System.Text;
using System.Text.RegularExpressions;
using Markdig.Syntax.Inlines;

namespace Clawdex.Gateway.Markdown;

/// <summary>
/// The text of a paragraph or a heading. It is written in pieces: a piece ends where nothing is open that what follows could
/// close, or where so much is open that the rest is text in any case. Where pieces end depends on the text alone, not on how it came.
/// </summary>
internal sealed partial class OpenParagraph(StyledRun output, InlineRenderer inlines, string lineBreak, bool isHeading) : OpenBlock
{
    /// <summary>So much text is looked at before a piece may end.</summary>
    private const int Step = 32;

    /// <summary>What must follow a piece: a mark at its end may belong together with what comes.</summary>
    private const int Ahead = 16;

    /// <summary>Beyond it, what is open is text. A mark counts for as much as many letters, because it costs as much.</summary>
    private const int MaxOpen = 8192;
    private const int WeightOfMark = 256;

    /// <summary>By then it is clear whether it is an address, or a character that is written by its name.</summary>
    private const int MaxBeginning = 56;

    private readonly StringBuilder _text = new();

    // Of what is not written yet: where the last line begins with its line break, where a piece may end next, up to where that was looked for.
    private int _lineStart;
    private int _next = Step;
    private int _looked;
    private bool _hasLines;
    private bool _isLineBegun;

    public override void AddLine(string text)
    {
        if (_hasLines)
        {
            TrimEnd();
            _lineStart = _text.Length;
            _text.Append('\n');
        }

        (_hasLines, _isLineBegun) = (true, false);
        Extend(text.Replace('\t', ' ').TrimStart(' '));
    }

    public override void Extend(string text)
    {
        _text.Append(text.Replace('\t', ' '));
        WritePieces();
    }

    /// <summary>The last line was the head of a table.</summary>
    public void RemoveLastLine() => _text.Length = _lineStart;

    public override void WriteOpen()
    {
        var text = _text.ToString();
        var line = text.AsSpan(_lineStart).TrimStart('\n');
        // A line that begins with a pipe is the head of a table as soon as a rule follows it; shown before, it would jump.
        if (!isHeading && line.StartsWith('|') && !line.StartsWith("||", StringComparison.Ordinal) && line.Length <= PipeTableParser.MaxHeader)
            text = text[.._lineStart];
        if (isHeading)
            text = WithoutClosingHashes(text);
        inlines.WriteOpen(text, output, lineBreak);
    }

    public override void End()
    {
        TrimEnd();
        var text = isHeading ? WithoutClosingHashes(_text.ToString()) : _text.ToString();
        if (OpenEnd.IsPlain(text))
            output.Append(text.Replace("\n", lineBreak, StringComparison.Ordinal));
        else
            inlines.Write(text, inlines.Parse(text), output, lineBreak);
        _text.Clear();
    }

    public override void EndPlain() => output.Append(_text.ToString().Replace("\n", lineBreak, StringComparison.Ordinal));

    private void WritePieces()
    {
        while (NextEnd() is { } end)
        {
            var piece = _text.ToString(0, end);
            var parsed = inlines.Parse(piece);
            var settled = OpenEnd.Settled(parsed, piece, openFrom: 0);
            if (settled > 0)
                inlines.Write(piece, parsed, output, lineBreak, settled);
            else if (end + (OpenEnd.CountMarks(piece) * WeightOfMark) >= MaxOpen)
                settled = WriteAsText(piece, parsed);

            if (settled > 0)
                Remove(settled);
            else
                _next = end + Math.Max(Step, end / 2);
        }
    }

    // What is open for so long is text, and what follows it is read without it.
    private int WriteAsText(string piece, ContainerInline parsed)
    {
        var settled = OpenEnd.Settled(parsed, piece, openFrom: piece.Length * 3 / 4);
        settled = settled > 0 ? settled : piece.Length;
        inlines.Write(piece[..settled], inlines.Parse(piece[..settled]), output, lineBreak);
        return settled;
    }

    private void Remove(int end)
    {
        _text.Remove(0, end);
        _isLineBegun |= end > _lineStart;
        (_lineStart, _next, _looked) = (Math.Max(_lineStart - end, 0), Step, 0);
    }

    // At a space if there is one, else between letters, else anywhere but beside a mark, else anywhere but inside of a character.
    private int? NextEnd()
    {
        var first = Math.Max(_next, _looked);
        if (first > _text.Length - Ahead)
            return null;
        // The last line may yet become the head of a table.
        var head = isHeading || _isLineBegun ? 0 : PipeTableParser.MayBeHead(_text.ToString(_lineStart, Math.Min(_text.Length - _lineStart, PipeTableParser.FirstPipe)));
        // A space is looked for from where the line can no longer be one.
        var from = head > 0 && _lineStart + head > _next ? _lineStart + head : _next;
        var limit = _text.Length - _lineStart > head + Ahead ? _text.Length - Ahead : Math.Min(_lineStart, _text.Length - Ahead);
        for (var i = first; i <= limit; i++)
        {
            _looked = i;
            if (i > _lineStart && i < _lineStart + head)
                continue;
            var (before, after) = (_text[i - 1], _text[i]);
            if (before == '\\' && IsEscaped(i))
                continue;
            var isEnd = (char.IsWhiteSpace(before) && !char.IsWhiteSpace(after))
                || after == '\n'
                || (i > from + (Step / 4) && char.IsLetterOrDigit(before) && char.IsLetterOrDigit(after))
                || (i > from + (Step / 2) && !char.IsLowSurrogate(after) && !IsDelimiter(before) && !IsDelimiter(after))
                || (i > from + Step && !char.IsLowSurrogate(after));
            if (isEnd && (i > from + (MaxBeginning * 4) || !IsWithinOneThing(i)))
                return i;
        }

        return null;
    }

    // What it means depends on both its neighbours.
    private static bool IsDelimiter(char c) => c is '*' or '_' or '~' or '|' or '`' or '$';

    // Of the backslashes before it, each second one is a character.
    private bool IsEscaped(int position)
    {
        var start = position;
        while (start > 0 && _text[start - 1] == '\\')
            start--;
        return (position - start) % 2 == 1;
    }

    private bool IsWithinOneThing(int position)
    {
        var start = Math.Max(position - MaxBeginning, 0);
        return OneThing().IsMatch(_text.ToString(start, position + 1 - start));
    }

    /// <summary>What makes one thing with what comes: <c>&amp;#92;</c>, the beginning of an address or a picture, a line break that ends its line.</summary>
    [GeneratedRegex(@"(?:&[#0-9A-Za-z]{0,31}[#0-9A-Za-z;]|(?<![0-9A-Za-z])[A-Za-z]{1,6}[A-Za-z:.]|[A-Za-z]:/{1,2}|(?:://|www\.|mailto:|tel:)[^\s]{1,48}|!\[|<br\s?/?>[ \t]*[ \t\n])\z", RegexOptions.IgnoreCase)]
    private static partial Regex OneThing();

    private void TrimEnd()
    {
        while (_text.Length > 0 && _text[^1] == ' ')
            _text.Length--;
    }

    private static string WithoutClosingHashes(string text)
    {
        text = text.TrimEnd(' ');
        var end = text.AsSpan().TrimEnd('#').Length;
        return end == 0 || text[end - 1] is ' ' ? text[..end].TrimEnd(' ') : text;
    }
}
