using System.Buffers;
using System.Globalization;
using System.Text;

namespace Clawdex.Gateway.Markdown;

/// <summary>
/// Finds the inline markup that is open at the end of a text, by the rules of CommonMark for delimiter runs, code and links.
/// A guess that need not be right in each corner: the parser has the last word, so a frame is valid in any case.
/// </summary>
internal sealed class OpenMarkup
{
    // What a text never ends with for long. A run that closes something is left out too: closing it again gives the same.
    private const string LooseEnds = "*_~|`[!\\";

    private static readonly SearchValues<char> ReferenceCharacters =
        SearchValues.Create("#0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private readonly string _text;
    private readonly List<Opener> _openers = [];
    private int _end;

    private OpenMarkup(string text) => (_text, _end) = (text, text.Length);

    /// <summary>How much of the text to keep, and what to append to it, so that nothing in it is open.</summary>
    public static (int Keep, string Suffix) Close(string text) => new OpenMarkup(text).Close();

    private (int Keep, string Suffix) Close()
    {
        TrimLooseEnds();
        var suffix = Scan();
        if (_end == 0)
            return (0, "");

        var closers = new StringBuilder(suffix);
        for (var i = _openers.Count - 1; i >= 0; i--)
        {
            if (_openers[i].Heals)
                closers.Append(_openers[i].Mark == '[' ? $"]({MarkdownHealing.UnknownTarget})" : new string(_openers[i].Mark, _openers[i].Count));
        }

        return (_end, closers.ToString());
    }

    private void TrimLooseEnds()
    {
        var before = -1;
        while (before != _end)
        {
            before = _end;
            _end = _text.AsSpan(0, _end).TrimEnd().Length;
            // An exclamation mark ends sentences; only before a bracket it begins an image.
            var trimmed = _text.AsSpan(0, _end).TrimEnd(LooseEnds).Length;
            _end = trimmed < _end && _text.AsSpan(trimmed, _end - trimmed).TrimEnd('!').Length == 0 ? _end : trimmed;
            if (_end > 0 && IsPartialReference(out var start))
                _end = start;
        }
    }

    /// <summary><c>&amp;am</c>, which a semicolon would make a character.</summary>
    private bool IsPartialReference(out int start)
    {
        start = _text.LastIndexOf('&', _end - 1, Math.Min(_end, 10));
        return start >= 0 && _text.AsSpan(start + 1, _end - start - 1).IndexOfAnyExcept(ReferenceCharacters) < 0;
    }

    /// <summary>Collects what is open.</summary>
    /// <returns>What closes code or a link's target, which both hold no other markup.</returns>
    private string Scan()
    {
        for (var i = 0; i < _end;)
        {
            switch (_text[i])
            {
                case '\\':
                    i += 2;
                    break;
                case '`' when TrySkipCode(ref i):
                    break;
                case '`':
                    return new string('`', RunLength(i));
                case '[':
                    _openers.Add(new Opener('[', 1, Heals: true));
                    i++;
                    break;
                case ']' when TrySkipTarget(ref i):
                    break;
                case ']':
                    _end = i;
                    return "";
                case 'h' when StartsLink(i):
                    i += LinkLength(i);
                    break;
                case '*' or '_' or '~' or '|':
                    i += Run(i);
                    break;
                default:
                    i++;
                    break;
            }
        }

        return "";
    }

    private bool TrySkipCode(ref int i)
    {
        var length = RunLength(i);
        for (var next = i + length; next < _end;)
        {
            if (_text[next] != '`')
            {
                next++;
                continue;
            }

            var run = RunLength(next);
            next += run;
            if (run != length)
                continue;
            i = next;
            return true;
        }

        return false;
    }

    /// <summary>False for a link whose target has no end yet; <paramref name="i"/> stays at the bracket.</summary>
    private bool TrySkipTarget(ref int i)
    {
        var opener = _openers.FindLastIndex(open => open.Mark == '[');
        if (opener < 0)
        {
            i++;
            return true;
        }

        if (i + 1 == _end)
            return false;

        if (_text[i + 1] != '(')
        {
            _openers.RemoveAt(opener);
            i++;
            return true;
        }

        if (TargetEnd(i + 2) is not { } end)
        {
            // Markup inside of the link's text that is still open there never closes.
            _openers.RemoveRange(opener + 1, _openers.Count - opener - 1);
            return false;
        }

        _openers.RemoveRange(opener, _openers.Count - opener);
        i = end + 1;
        return true;
    }

    private int? TargetEnd(int start)
    {
        var depth = 1;
        for (var i = start; i < _end; i++)
        {
            if (_text[i] == '\\')
                i++;
            else if (_text[i] == '(')
                depth++;
            else if (_text[i] == ')' && --depth == 0)
                return i;
        }

        return null;
    }

    private bool StartsLink(int i) =>
        _text.AsSpan(i).StartsWith("http://", StringComparison.Ordinal) || _text.AsSpan(i).StartsWith("https://", StringComparison.Ordinal);

    private int LinkLength(int start)
    {
        var rest = _text.AsSpan(start, _end - start);
        var length = rest.IndexOfAny(" \n<>");
        return Math.Max((length < 0 ? rest : rest[..length]).TrimEnd("?!.,:*_~|)]").Length, 1);
    }

    /// <summary>Takes one run of delimiters: first it closes what it can, then the rest of it opens.</summary>
    private int Run(int start)
    {
        var length = RunLength(start);
        var mark = _text[start];
        if (mark is '~' or '|' && length != 2)
            return length;

        var before = start == 0 ? ' ' : _text[start - 1];
        var after = start + length < _end ? _text[start + length] : ' ';
        var opens = !char.IsWhiteSpace(after) && (!IsPunctuation(after) || char.IsWhiteSpace(before) || IsPunctuation(before));
        var closes = !char.IsWhiteSpace(before) && (!IsPunctuation(before) || char.IsWhiteSpace(after) || IsPunctuation(after));
        if (mark == '_')
            (opens, closes) = (opens && (!closes || IsPunctuation(before)), closes && (!opens || IsPunctuation(after)));

        var left = length;
        for (var i = _openers.Count - 1; closes && left > 0 && i >= 0; i--)
        {
            if (_openers[i].Mark != mark)
                continue;
            var used = left >= 2 && _openers[i].Count >= 2 ? 2 : 1;
            left -= used;
            _openers.RemoveRange(i + 1, _openers.Count - i - 1);
            _openers[i] = _openers[i] with { Count = _openers[i].Count - used };
            if (_openers[i].Count > 0)
                i++;
            else
                _openers.RemoveAt(i);
        }

        // Inside of a word it rather is a product or a power than the beginning of emphasis.
        if (opens && left > 0)
            _openers.Add(new Opener(mark, Math.Min(left, 3), Heals: !char.IsLetterOrDigit(before)));
        return length;
    }

    private int RunLength(int start)
    {
        var end = start;
        while (end < _end && _text[end] == _text[start])
            end++;
        return end - start;
    }

    private static bool IsPunctuation(char c) => char.IsPunctuation(c) || char.GetUnicodeCategory(c) is
        UnicodeCategory.MathSymbol or UnicodeCategory.CurrencySymbol or UnicodeCategory.ModifierSymbol or UnicodeCategory.OtherSymbol;

    private readonly record struct Opener(char Mark, int Count, bool Heals);
}
