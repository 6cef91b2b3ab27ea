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

    /// <summary>The furthest end of a message that begins at <paramref name="start"/>; beyond it are only more characters.</summary>
    public static int End(StyledRun styled, string text, int start)
    {
        var end = Math.Min(text.Length, start + TelegramText.MaxLength);
        (end, var bytes) = WithinMarks(styled, start, end);
        // The longest escapes have five bytes, in targets six; seldom is it worth to look closely.
        while (((end - start) * 5) + (bytes * 6) > MaxHtmlBytes && HtmlBytes(styled, text, start, end) > MaxHtmlBytes)
            end -= ((end - start) / 4) + 1;
        return end;
    }

    private static int HtmlBytes(StyledRun styled, string text, int start, int end) =>
        Encoding.UTF8.GetByteCount(HtmlWriter.Write(styled, text, start, end));

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
}
