using Markdig.Parsers;
using Markdig.Syntax;

namespace Clawdex.Gateway.Markdown;

/// <summary>Paragraphs that stay what they are: neither a heading nor link definitions are made of their lines.</summary>
internal sealed class ParagraphParser(bool heals) : ParagraphBlockParser
{
    public override BlockState TryContinue(BlockProcessor processor, Block block)
    {
        if (processor.IsBlankLine)
            return BlockState.BreakDiscard;

        block.UpdateSpanEnd(processor.Line.End);
        return BlockState.Continue;
    }

    public override bool Close(BlockProcessor processor, Block block)
    {
        if (block is not ParagraphBlock paragraph)
            return true;

        var lines = paragraph.Lines;
        for (var i = 0; i < lines.Count; i++)
            lines.Lines[i].Slice.TrimStart();
        if (lines.Count > 0)
            lines.Lines[lines.Count - 1].Slice.TrimEnd();
        if (heals)
            MarkdownHealing.Heal(ref lines);

        paragraph.Lines = lines;
        return lines.Count > 0;
    }
}

/// <summary>Headings whose open markup is closed while the text grows.</summary>
internal sealed class HeadingParser(bool heals) : HeadingBlockParser
{
    public override bool Close(BlockProcessor processor, Block block)
    {
        var keep = base.Close(processor, block);
        if (!heals || block is not HeadingBlock heading)
            return keep;

        var lines = heading.Lines;
        MarkdownHealing.Heal(ref lines);
        heading.Lines = lines;
        return keep && lines.Count > 0;
    }
}

/// <summary>Rules of dashes directly below a line of text, which would otherwise make that line a heading.</summary>
internal sealed class RuleParser : ThematicBreakParser
{
    public override BlockState TryOpen(BlockProcessor processor)
    {
        var state = base.TryOpen(processor);
        if (state != BlockState.None || processor.IsCodeIndent)
            return state;

        var line = processor.Line.AsSpan().TrimEnd();
        if (line.Length < 3 || line.IndexOfAnyExcept('-') >= 0)
            return BlockState.None;

        processor.NewBlocks.Push(new ThematicBreakBlock(this)
        {
            Column = processor.Column,
            Span = new SourceSpan(processor.Line.Start, processor.Line.End),
        });
        return BlockState.BreakDiscard;
    }
}
