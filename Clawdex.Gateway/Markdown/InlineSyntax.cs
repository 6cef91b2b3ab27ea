using Markdig.Helpers;
using Markdig.Parsers;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Clawdex.Gateway.Markdown;

/// <summary>Reads the emphasis, code and links of a piece of text.</summary>
/// <param name="failed">Is called for a text that cannot be read, and that is then shown as it is.</param>
internal sealed class InlineSyntax(InlineParserList parsers, Action failed)
{
    private readonly InlineProcessor _processor = new(new MarkdownDocument(), parsers, preciseSourcelocation: true, context: null);

    /// <summary>The syntax of a piece of text.</summary>
    public ContainerInline Parse(string text)
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
            // A text that cannot be read as Markdown is still the model's answer.
            failed();
            return new ContainerInline().AppendChild(new LiteralInline(text) { Span = new SourceSpan(0, text.Length - 1) });
        }
    }
}
