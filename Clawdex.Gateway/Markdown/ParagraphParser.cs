using Markdig.Parsers;
using Markdig.Syntax;

namespace Clawdex.Gateway.Markdown;

/// <summary>Paragraphs that stay what they are: neither a heading nor link definitions are made of their lines.</summary>
internal sealed class ParagraphParser : ParagraphBlockParser
{
    public override BlockState TryContinue(BlockProcessor processor, Block block) =>
        processor.IsBlankLine ? BlockState.BreakDiscard : BlockState.Continue;

    public override bool Close(BlockProcessor processor, Block block) => true;
}

/// <summary>Headings that are open until the next line comes, so that their text can still grow.</summary>
internal sealed class HeadingParser : HeadingBlockParser
{
    public override BlockState TryOpen(BlockProcessor processor)
    {
        var end = processor.Line.End;
        if (base.TryOpen(processor) is BlockState.None)
            return BlockState.None;

        // Hashes at the end are no more than text as long as the line goes on.
        processor.Line.End = end;
        return BlockState.Continue;
    }

    public override BlockState TryContinue(BlockProcessor processor, Block block) => BlockState.None;
}

/// <summary>Rules of dashes directly below a line of text, which would otherwise make that line a heading.</summary>
internal sealed class RuleParser : ThematicBreakParser
{
    public override BlockState TryOpen(BlockProcessor processor)
    {
        var state = base.TryOpen(processor);
        if (state != BlockState.None || processor.IsCodeIndent)
            return state;

        var line = processor.Line.AsSpan().TrimEnd(" \t");
        if (line.Length < 3 || line.IndexOfAnyExcept('-') >= 0)
            return BlockState.None;

        processor.NewBlocks.Push(new ThematicBreakBlock(this) { Column = processor.Column });
        return BlockState.BreakDiscard;
    }
}

/// <summary>Quotes up to a depth that people can still read; what nests deeper is text.</summary>
internal sealed class QuoteParser : QuoteBlockParser
{
    public override BlockState TryOpen(BlockProcessor processor) =>
        Nesting.IsTooDeep(processor) || FormulaParser.IsOpenIn(processor.CurrentBlock) ? BlockState.None : base.TryOpen(processor);
}

/// <summary>Lists up to the same depth.</summary>
internal sealed class ListParser : ListBlockParser
{
    // Markdig asks it at each line without.
    public ListParser() => OpeningCharacters = [.. "-+*0123456789"];

    public override BlockState TryOpen(BlockProcessor processor) =>
        Nesting.IsTooDeep(processor) || FormulaParser.IsOpenIn(processor.CurrentBlock) ? BlockState.None : base.TryOpen(processor);
}

internal static class Nesting
{
    private const int Max = 24;

    public static bool IsTooDeep(BlockProcessor processor)
    {
        var depth = 0;
        for (Block? block = processor.CurrentContainer; block is not null; block = block.Parent)
            depth++;
        return depth > Max;
    }
}

/// <summary>
/// Fenced code. Where it is Markdown or text, models write the fences in it as long as the one around them: there each fence
/// with a language opens an inner one, which the next bare fence closes. In a bare one that would be dangerous: a model that
/// opens its code twice closes it once.
/// </summary>
internal sealed class FenceParser : FencedCodeBlockParser
{
    private static readonly object Depth = new();

    private static readonly HashSet<string> HaveFences = new(StringComparer.OrdinalIgnoreCase) { "markdown", "md", "mdx", "text", "txt", "plaintext" };

    public override BlockState TryContinue(BlockProcessor processor, Block block)
    {
        if (block is FencedCodeBlock { Info: { } language } fence && HaveFences.Contains(language) && !processor.IsCodeIndent)
        {
            var line = processor.Line.AsSpan().TrimEnd(" \t");
            var info = line.TrimStart(fence.FencedChar);
            var isFence = line.Length - info.Length >= fence.OpeningFencedCharCount && !info.Contains('`') && !info.StartsWith(' ');
            var depth = block.GetData(Depth) as int? ?? 0;
            if (isFence && info.Length > 0)
                block.SetData(Depth, depth + 1);
            if (isFence && info.Length == 0 && depth > 0)
            {
                block.SetData(Depth, depth - 1);
                processor.GoToColumn(processor.ColumnBeforeIndent);
                return BlockState.Continue;
            }
        }

        return base.TryContinue(processor, block);
    }
}
