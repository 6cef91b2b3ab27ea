using Markdig;
using Markdig.Extensions.AutoLinks;
using Markdig.Parsers;
using Markdig.Parsers.Inlines;

namespace Clawdex.Gateway.Markdown;

/// <summary>
/// The Markdown that models write: CommonMark with tables, strikethrough, spoilers, bare links and formulas, and without HTML.
/// Nothing in it lets a later line change what an earlier block is, because that block may be in a message that is closed:
/// no underlined headings and no link definitions. Both stay text. Beyond a bound a mark is text, too.
/// </summary>
internal static class MarkdownSyntax
{
    public static BlockParserList BlockParsers { get; }

    public static InlineParserList InlineParsers { get; }

    static MarkdownSyntax()
    {
        var builder = new MarkdownPipelineBuilder()
            .UseCjkFriendlyEmphasis()
            .DisableHtml();
        builder.BlockParsers.Replace<ParagraphBlockParser>(new ParagraphParser());
        builder.BlockParsers.Replace<HeadingBlockParser>(new HeadingParser());
        builder.BlockParsers.Replace<ThematicBreakParser>(new RuleParser());
        builder.BlockParsers.Replace<QuoteBlockParser>(new QuoteParser());
        builder.BlockParsers.Replace<ListBlockParser>(new ListParser());
        builder.BlockParsers.Replace<FencedCodeBlockParser>(new FenceParser());
        builder.BlockParsers.InsertBefore<ParagraphParser>(new FormulaBlockParser());
        builder.BlockParsers.Insert(0, new PipeTableParser());
        builder.InlineParsers.FindExact<EmphasisInlineParser>()?.EmphasisDescriptors.AddRange(
            [new EmphasisDescriptor('~', 2, 2, enableWithinWord: true), new EmphasisDescriptor('|', 2, 2, enableWithinWord: false)]);
        builder.InlineParsers.Insert(0, new FormulaParser());
        builder.InlineParsers.Insert(0, new HtmlBreakParser());
        builder.InlineParsers.Insert(0, new AutoLinkParser(new AutoLinkOptions()));
        BlockParsers = new BlockParserList(builder.BlockParsers);
        InlineParsers = new InlineParserList(builder.InlineParsers);
    }
}
