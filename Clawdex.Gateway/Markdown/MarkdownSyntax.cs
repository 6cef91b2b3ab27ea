using System.Diagnostics.CodeAnalysis;
using Markdig;
using Markdig.Extensions.EmphasisExtras;
using Markdig.Parsers;
using Markdig.Parsers.Inlines;
using Markdig.Syntax;

namespace Clawdex.Gateway.Markdown;

/// <summary>
/// The Markdown that models write: CommonMark with tables, task lists, strikethrough, spoilers and bare links, and without HTML.
/// Nothing in it lets a later line change what an earlier block is, because that block may be in a message that is closed:
/// no underlined headings and no link definitions. Both stay text.
/// </summary>
internal static class MarkdownSyntax
{
    private static readonly MarkdownPipeline Complete = Build(heals: false);
    private static readonly MarkdownPipeline Growing = Build(heals: true);

    /// <summary>The syntax tree, with positions in <paramref name="source"/>.</summary>
    /// <param name="complete">False: markup that is still open at the end is closed, and what is incomplete there is left out.</param>
    /// <returns>False for a text whose markup nests deeper than the parser goes.</returns>
    public static bool TryParse(string source, bool complete, [NotNullWhen(true)] out MarkdownDocument? document)
    {
        try
        {
            document = Markdig.Markdown.Parse(source, complete ? Complete : Growing);
            return true;
        }
        catch (ArgumentException)
        {
            // Markdig's only way to say that its depth limit is exceeded.
            document = null;
            return false;
        }
    }

    private static MarkdownPipeline Build(bool heals)
    {
        var builder = new MarkdownPipelineBuilder()
            .UseEmphasisExtras(EmphasisExtraOptions.Strikethrough)
            .UseTaskLists()
            .UseAutoLinks()
            .UseCjkFriendlyEmphasis()
            .UsePreciseSourceLocation()
            .DisableHtml();
        builder.BlockParsers.Replace<ParagraphBlockParser>(new ParagraphParser(heals));
        builder.BlockParsers.Replace<HeadingBlockParser>(new HeadingParser(heals));
        builder.BlockParsers.Replace<ThematicBreakParser>(new RuleParser());
        builder.BlockParsers.Insert(0, new PipeTableParser(heals));
        builder.InlineParsers.FindExact<EmphasisInlineParser>()?.EmphasisDescriptors.Add(new EmphasisDescriptor('|', 2, 2, true));
        return builder.Build();
    }
}
