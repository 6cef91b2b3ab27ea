namespace Clawdex.Gateway.Markdown;

/// <summary>
/// The messages of one answer: those that are closed, which never change again, and the text of the one that is open. What is
/// written to it is final; when it has become too much for a message, the first part of it is closed.
/// </summary>
internal sealed class MessageParts
{
    private readonly List<MessageText> _closed = [];
    private HtmlWriter _html;

    public MessageParts() => _html = new HtmlWriter(Text);

    /// <summary>The text of the open message.</summary>
    public StyledRun Text { get; } = new();

    /// <summary>Closes messages until what is left fits in one.</summary>
    public void Drain()
    {
        if (Text.Length <= TelegramText.MaxLength && Text.Marks.Length == 0)
            return;

        for (var begin = Begin(); ; begin = Begin())
        {
            RemoveBefore(begin);
            var end = MessageSize.End(Text, 0);
            if (end == Text.Length)
                return;
            CloseAt(0, PartSplitter.Cut(Text, Text.ToString(), 0, end));
        }
    }

    /// <summary>A line of text alone, outside of all that is open.</summary>
    public void AppendPlain(string line)
    {
        while (Text.OpenMarks > 0)
            Text.Close();
        Text.Append($"\n{line}\n");
    }

    /// <summary>Closes the open message, whether it is full or not.</summary>
    public void Close()
    {
        Drain();
        CloseAt(Begin(), Text.Length);
    }

    /// <summary>All messages, with what <paramref name="writeOpen"/> adds to the last one for now, as far as that one can hold it.</summary>
    public IReadOnlyList<MessageText> Frame(Action writeOpen)
    {
        WriteFinal();
        var checkpoint = Text.Check();
        try
        {
            writeOpen();
            var begin = Begin();
            var end = MessageSize.End(Text, begin);
            if (end < Text.Length)
                end = PartSplitter.Cut(Text, Text.ToString(), begin, end);
            return Part(begin, end) is { } last ? [.. _closed, last] : [.. _closed];
        }
        finally
        {
            Text.Return(checkpoint);
        }
    }

    private void CloseAt(int begin, int end)
    {
        if (Part(begin, end) is { } part)
            _closed.Add(part);
        RemoveBefore(end);
    }

    private void RemoveBefore(int position)
    {
        if (position == 0)
            return;
        Text.RemoveBefore(position);
        _html = new HtmlWriter(Text);
    }

    private void WriteFinal()
    {
        var begin = Begin();
        if (begin == Text.Length)
            return;
        RemoveBefore(begin);
        var text = Text.ToString();
        // Space at the end is no part of a message that ends there.
        var end = text.AsSpan().TrimEnd().Length;
        if (end > _html.Position)
            _html.Advance(text, end);
    }

    // Line breaks between two messages are dropped, and spaces too, except the indentation of code.
    private int Begin()
    {
        if (Text.Length == 0 || !char.IsWhiteSpace(Text[0]))
            return 0;

        var text = Text.ToString();
        var visible = text.Length - text.AsSpan().TrimStart().Length;
        foreach (var mark in Text.Marks)
        {
            if (mark.Kind is TextMarkKind.Pre && mark.Start < visible && mark.End > visible)
                return Math.Max(mark.Start, text[..visible].LastIndexOf('\n') + 1);
        }

        return visible;
    }

    private MessageText? Part(int begin, int end)
    {
        var text = Text.ToString();
        end = begin + text.AsSpan(begin, end - begin).TrimEnd().Length;
        if (VisibleText.IsEmpty(text.AsSpan(begin, end - begin)))
            return null;
        var html = begin == 0 && _html.Position <= end ? _html.WithRest(text, end) : HtmlWriter.Write(Text, text, begin, end);
        return new MessageText(html, text[begin..end]);
    }
}
