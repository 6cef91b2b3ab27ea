using System.Text;

namespace Clawdex.Gateway.Markdown;

/// <summary>How much of a styled text one message can hold.</summary>
internal static class MessageSize
{
    // Telegram ignores the rest without an error (rubenlagus/TelegramBots#854).
    private const int MaxMarks = 100;

    // All entities of a message together must stay below about 9,500 bytes (tdlib/telegram-bot-api#165).
    private const int MaxMarkBytes = 8000;
    private const int BytesPerMark = 16;

    // Before parsing.
    private const int MaxHtmlBytes = 32_768;
    private const int BytesPerTag = 48;

    /// <summary>The furthest end of a message that begins at <paramref name="start"/>. More text behind it never changes it.</summary>
    public static int End(StyledRun styled, int start)
    {
        var end = Math.Min(styled.Length, start + TelegramText.MaxLength);
        (end, var bytes) = WithinMarks(styled, start, end);
        // The longest escapes have five bytes, in targets six; seldom is it worth to look closely.
        return ((end - start) * 5) + (bytes * 6) > MaxHtmlBytes ? WithinHtml(styled, start, end) : end;
    }

    private static (int End, int Bytes) WithinMarks(StyledRun styled, int start, int end)
    {
        var (count, bytes) = (0, 0);
        foreach (var mark in styled.Marks)
        {
            if (mark.Start >= end)
                break;
            if (mark.End <= start || mark.End == mark.Start)
                continue;

            count++;
            bytes += BytesPerMark + Encoding.UTF8.GetByteCount(mark.Data ?? "");
            if ((count > MaxMarks || bytes > MaxMarkBytes) && mark.Start > start)
                return (mark.Start, bytes);
        }

        return (end, bytes);
    }

    private static int WithinHtml(StyledRun styled, int start, int end)
    {
        var text = styled.ToString();
        var marks = styled.Marks;
        var (bytes, next) = (0, 0);
        for (var i = start; i < end; i++)
        {
            for (; next < marks.Length && marks[next].Start <= i; next++)
                bytes += marks[next].End > i ? BytesPerTag + EscapedBytes(marks[next].Data ?? "") : 0;
            bytes += EscapedBytes(text.AsSpan(i, 1));
            if (bytes > MaxHtmlBytes && i > start)
                return char.IsLowSurrogate(text[i]) ? i - 1 : i;
        }

        return end;
    }

    /// <summary>At most so many bytes does a text have in HTML.</summary>
    public static int EscapedBytes(ReadOnlySpan<char> text)
    {
        var bytes = 0;
        foreach (var c in text)
            bytes += c is '&' or '<' or '>' or '"' ? 6 : c < 0x80 ? 1 : 3;
        return bytes;
    }
}
