using System.Globalization;
using System.Text;

namespace Clawdex.TelegramEmulator.Text;

/// <summary>
/// The Bot API's HTML mode, with the real server's leniencies and its exact errors. Rules from tdlib/td (MessageEntity.cpp,
/// parse_html): what it accepts and rejects here, it accepts and rejects there.
/// </summary>
/// <remarks>A position past the end reads as NUL, and NUL counts as a space: the original scans a C string.</remarks>
internal sealed class HtmlParser
{
    private static readonly HashSet<string> Tags =
    [
        "a", "b", "strong", "i", "em", "s", "strike", "del", "u", "ins", "tg-spoiler", "tg-emoji", "tg-time", "span", "pre", "code", "blockquote",
    ];

    private readonly string _html;
    private readonly StringBuilder _text = new();
    private readonly List<TextEntity> _entities = [];
    private readonly Stack<OpenTag> _open = new();
    private int _at;
    private string? _error;
    private bool _hasSurrogateReference;

    private HtmlParser(string html) => _html = html;

    /// <summary>The entities are not yet sorted or checked against each other: <see cref="EntityRules"/> does that.</summary>
    /// <returns>The text, or what cannot be parsed.</returns>
    public static (FormattedText? Text, string? Error) Parse(string html) => new HtmlParser(html).Parse();

    private (FormattedText? Text, string? Error) Parse()
    {
        while (_at < _html.Length && _error is null)
        {
            if (_html[_at] is '&' && TryReadReference(out var decoded))
                _text.Append(decoded);
            else if (_html[_at] is not '<')
                _text.Append(_html[_at++]);
            else if (At(_at + 1) is '/')
                ReadEndTag();
            else
                ReadStartTag();
        }

        if (_error is null && _open.TryPeek(out var unclosed))
            _error = $"Can't find end tag corresponding to start tag \"{unclosed.Name}\"";
        if (_error is null && _hasSurrogateReference)
            _error = "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate code units";
        if (_error is not null)
            return (null, _error);

        // A class on a lone <code> names no language.
        return (new(_text.ToString(), [.. _entities.Select(entity => entity.Type is EntityType.Code ? entity with { Language = null } : entity)]), null);
    }

    private void ReadStartTag()
    {
        var begin = _at++;
        var name = ReadName(_at);
        if (At(_at) is '\0')
        {
            Fail($"Unclosed start tag at byte offset {ByteOffset(begin)}");
            return;
        }

        if (!Tags.Contains(name))
        {
            Fail($"Unsupported start tag \"{name}\" at byte offset {ByteOffset(begin)}");
            return;
        }

        var tag = new OpenTag(name, _text.Length);
        while (_error is null && At(_at) is not '>')
            ReadAttribute(tag, begin);
        _at++;
        if (_error is null && name is "span" && tag.Argument is not "spoiler")
            Fail($"Tag \"span\" must have class \"tg-spoiler\" at byte offset {ByteOffset(begin)}");
        _open.Push(tag);
    }

    private void ReadAttribute(OpenTag tag, int begin)
    {
        SkipSpaces();
        if (At(_at) is '>')
            return;

        var start = _at;
        while (!IsSpace(At(_at)) && At(_at) is not ('=' or '>' or '/' or '"' or '\''))
            _at++;
        var name = _html[start.._at];
        if (name.Length is 0)
        {
            Fail($"Empty attribute name in the tag \"{tag.Name}\" at byte offset {ByteOffset(begin)}");
            return;
        }

        SkipSpaces();
        if (At(_at) is '\0')
        {
            Fail($"Unclosed start tag \"{tag.Name}\" at byte offset {ByteOffset(begin)}");
            return;
        }

        if (At(_at) is not '=')
        {
            tag.Take(name, null);
            return;
        }

        _at++;
        SkipSpaces();
        if (At(_at) is '\0')
        {
            Fail($"Unclosed start tag \"{tag.Name}\" at byte offset {ByteOffset(begin)}");
            return;
        }

        var value = At(_at) is '\'' or '"' ? ReadQuoted() : ReadToken();
        if (_error is null && At(_at) is '\0')
            Fail($"Unclosed start tag at byte offset {ByteOffset(begin)}");
        tag.Take(name, value);
    }

    private string ReadToken()
    {
        var start = _at;
        while (char.IsAsciiLetterOrDigit(At(_at)) || At(_at) is '.' or '-')
            _at++;
        if (!IsSpace(At(_at)) && At(_at) is not '>')
            Fail($"Unexpected end of name token at byte offset {ByteOffset(start)}");
        return _html[start.._at].ToLowerInvariant();
    }

    private string ReadQuoted()
    {
        var quote = _html[_at++];
        var value = new StringBuilder();
        while (At(_at) != quote && At(_at) is not '\0')
        {
            if (_html[_at] is '&' && TryReadReference(out var decoded))
                value.Append(decoded);
            else
                value.Append(_html[_at++]);
        }

        if (At(_at) == quote)
            _at++;
        return value.ToString();
    }

    private void ReadEndTag()
    {
        var begin = _at;
        if (!_open.TryPeek(out var tag))
        {
            Fail($"Unexpected end tag at byte offset {ByteOffset(begin)}");
            return;
        }

        _at += 1;
        var name = ReadName(begin + 2);
        SkipSpaces();
        if (At(_at) is not '>')
        {
            Fail($"Unclosed end tag at byte offset {ByteOffset(begin)}");
            return;
        }

        if (name.Length > 0 && name != tag.Name)
        {
            Fail($"Unmatched end tag at byte offset {ByteOffset(begin)}, expected \"</{tag.Name}>\", found \"</{name}>\"");
            return;
        }

        _at++;
        _open.Pop();
        if (_text.Length > tag.Offset)
            _error = tag.Close(_entities, _text);
    }

    /// <summary>Reads up to a space or <c>&gt;</c>, in lower case.</summary>
    private string ReadName(int start)
    {
        while (!IsSpace(At(_at)) && At(_at) is not '>')
            _at++;
        return start <= _at ? _html[start.._at].ToLowerInvariant() : "";
    }

    /// <summary>Reads <c>&amp;lt;</c>, <c>&amp;#60;</c> or <c>&amp;#x3c;</c>; the semicolon may be missing. Anything else stays text.</summary>
    private bool TryReadReference(out string decoded)
    {
        decoded = "";
        var end = _at + 1;
        var code = 0u;
        if (At(end) is '#')
        {
            var isHex = At(++end) is 'x';
            if (isHex)
                end++;
            for (; isHex ? char.IsAsciiHexDigit(At(end)) : char.IsAsciiDigit(At(end)); end++)
                code = unchecked((code * (isHex ? 16u : 10u)) + (uint)Convert.ToInt32(At(end).ToString(), 16));
            if (code is 0 or >= 0x10ffff || end - _at >= 10)
                return false;
        }
        else
        {
            while (char.IsAsciiLetter(At(end)))
                end++;
            code = _html.AsSpan(_at + 1, end - _at - 1) switch
            {
                "lt" => '<',
                "gt" => '>',
                "amp" => '&',
                "quot" => '"',
                _ => 0,
            };
            if (code is 0)
                return false;
        }

        _at = At(end) is ';' ? end + 1 : end;
        var isSurrogate = code is >= 0xd800 and <= 0xdfff;
        _hasSurrogateReference |= isSurrogate;
        decoded = isSurrogate ? "\uFFFD" : char.ConvertFromUtf32((int)code);
        return true;
    }

    private void SkipSpaces()
    {
        while (At(_at) is not '\0' && IsSpace(At(_at)))
            _at++;
    }

    private char At(int index) => index < _html.Length ? _html[index] : '\0';

    private void Fail(FormattableString error) => _error ??= error.ToString(CultureInfo.InvariantCulture);

    private int ByteOffset(int index) => Encoding.UTF8.GetByteCount(_html.AsSpan(0, index));

    private static bool IsSpace(char c) => c is ' ' or '\t' or '\r' or '\n' or '\0' or '\v';
}
