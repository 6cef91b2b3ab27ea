using Markdig.Parsers;
using Markdig.Syntax;

namespace Clawdex.Gateway.Outbound.Formatting;

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
