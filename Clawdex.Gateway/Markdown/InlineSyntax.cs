using Markdig.Helpers;
using Markdig.Parsers;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Clawdex.Gateway.Markdown;

/// <summary>Reads the emphasis, code and links of a piece of text.</summary>
internal sealed class InlineSyntax(InlineParserList parsers)
{
    private readonly InlineProcessor _processor = new(new MarkdownDocument(), parsers, preciseSourcelocation: true, context: null);

    /// <summary>Text alone, without any marks.</summary>
    public static ContainerInline AsText(string text) =>
        new ContainerInline().AppendChild(new LiteralInline(text) { Span = new SourceSpan(0, text.Length - 1) });

    /// <summary>The syntax of a piece of text; null = it cannot be read.</summary>
    public ContainerInline? Parse(string text)
    {
        var lines = new StringLineGroup(1) { new StringSlice(text) };
        var block = new ParagraphBlock { Lines = lines, ProcessInlines = true };
        try
        {
            _processor.ProcessInlineLeaf(block);
            return block.Inline ?? new ContainerInline();
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return null;
        }
    }
}
