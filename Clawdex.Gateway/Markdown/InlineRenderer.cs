using System.Runtime.CompilerServices;
using Markdig.Extensions.TaskLists;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Clawdex.Gateway.Markdown;

/// <summary>Writes the text of one block, with its emphasis, code and links.</summary>
internal sealed class InlineRenderer(StyledRun output)
{
    /// <param name="lineBreak">What to write for each end of a line: models mean their line breaks.</param>
    public void Write(LeafBlock block, string lineBreak)
    {
        if (block.Inline is { } inlines)
            WriteAll(inlines, lineBreak);
    }

    private void WriteAll(ContainerInline container, string lineBreak)
    {
        // Unclosed delimiters nest as deep as there are many of them.
        RuntimeHelpers.EnsureSufficientExecutionStack();
        for (var inline = container.FirstChild; inline is not null; inline = inline.NextSibling)
            Write(inline, lineBreak);
    }

    private void Write(Inline inline, string lineBreak)
    {
        switch (inline)
        {
            case LiteralInline literal:
                output.Append(literal.Content.AsSpan(), literal.Span.Start + (literal.IsFirstCharacterEscaped ? 1 : 0));
                break;
            case LineBreakInline:
                output.AppendAfter(lineBreak);
                break;
            case CodeInline code:
                WriteCode(code);
                break;
            case EmphasisInline emphasis:
                WriteMarked(emphasis, KindOf(emphasis), lineBreak);
                break;
            case LinkInline link:
                WriteLink(link, lineBreak);
                break;
            case AutolinkInline autolink:
                output.Append(autolink.Url, autolink.Span.Start + 1);
                break;
            case HtmlEntityInline reference:
                output.AppendFor(reference.Transcoded.AsSpan(), reference.Span.Start);
                break;
            case TaskList task:
                output.AppendFor(Box(task), task.Span.Start);
                break;
            case DelimiterInline delimiter:
                output.Append(delimiter.ToLiteral(), delimiter.Span.Start);
                WriteAll(delimiter, lineBreak);
                break;
            case ContainerInline container:
                WriteAll(container, lineBreak);
                break;
        }
    }

    private void WriteMarked(ContainerInline container, TextMarkKind kind, string lineBreak)
    {
        if (output.IsIn(kind))
        {
            WriteAll(container, lineBreak);
            return;
        }

        output.Open(kind);
        WriteAll(container, lineBreak);
        output.Close();
    }

    private static TextMarkKind KindOf(EmphasisInline emphasis) => (emphasis.DelimiterChar, emphasis.DelimiterCount) switch
    {
        ('~', _) => TextMarkKind.Strike,
        ('|', _) => TextMarkKind.Spoiler,
        (_, 2) => TextMarkKind.Bold,
        _ => TextMarkKind.Italic,
    };

    private void WriteCode(CodeInline code)
    {
        var source = code.Span.Start + code.DelimiterCount;
        // A link cannot hold code, and the link is worth more.
        if (output.IsIn(TextMarkKind.Link))
        {
            output.Append(code.Content, source);
            return;
        }

        var around = output.Suspend();
        output.Open(TextMarkKind.Code);
        output.Append(code.Content, source);
        output.Close();
        output.Resume(around);
    }

    private void WriteLink(LinkInline link, string lineBreak)
    {
        var url = (link.Url ?? "").Replace(" ", "%20", StringComparison.Ordinal);
        var start = output.Length;
        var isLink = !link.IsAutoLink && !output.IsIn(TextMarkKind.Link) && LinkTarget.IsFollowed(url);
        if (isLink)
            output.Open(TextMarkKind.Link, url);
        WriteAll(link, lineBreak);
        if (output.Length == start)
            output.AppendFor(url.StartsWith(MarkdownHealing.UnknownTarget, StringComparison.Ordinal) ? "" : url, link.Span.Start);
        if (isLink)
            output.Close();
        else if (!link.IsAutoLink && LinkTarget.Shown(url, output.ToString(start)) is { } shown)
            output.Append($" ({shown})", Math.Max(link.UrlSpan.Start - 2, link.Span.Start));
    }

    // Boxes belong to the beginning of an item; elsewhere the same characters are what they are.
    private static string Box(TaskList task)
    {
        var begins = task.PreviousSibling is null && task.Parent?.ParentBlock is ParagraphBlock { Parent: ListItemBlock item } block && item[0] == block;
        return (begins, task.Checked) switch
        {
            (true, true) => "☑",
            (true, false) => "☐",
            (false, true) => "[x]",
            _ => "[ ]",
        };
    }
}
