using System.Globalization;
using Markdig.Helpers;
using Markdig.Parsers;
using Markdig.Syntax;

namespace Clawdex.Gateway.Markdown;

/// <summary>
/// Writes a syntax tree that grows as a chat shows it: lists with bullets, tables as aligned columns, the source's own blank
/// lines between blocks. Goes forward only: each block is begun once, and its text written once.
/// </summary>
internal sealed class BlockRenderer
{
    private const string Rule = "――――――――――";

    /// <summary>A longer text is taken in slices, because each piece or message that is written moves all that is behind it.</summary>
    private const int MaxSlice = 1024;

    private static readonly string[] Bullets = ["• ", "◦ ", "▪ "];

    private readonly BlockProcessor _blocks;
    private readonly MessageParts _parts;
    private readonly InlineRenderer _inlines;
    private readonly Stack<OpenContainer> _levels = new();
    private LeafBlock? _leaf;
    private OpenBlock? _open;
    private int _lines;
    private bool _isBlankBefore;

    public BlockRenderer(BlockProcessor blocks, MessageParts parts, InlineRenderer inlines)
    {
        (_blocks, _parts, _inlines) = (blocks, parts, inlines);
        _levels.Push(new OpenContainer(blocks.Document, ""));
    }

    /// <summary>The block of text at the end, to which more can come.</summary>
    public LeafBlock? Leaf => _leaf;

    private StyledRun Output => _parts.Text;

    /// <summary>Writes what is new in the tree since the last call.</summary>
    /// <param name="isBlankBefore">Whether the line before the last one was blank.</param>
    public void Advance(bool isBlankBefore)
    {
        _isBlankBefore = isBlankBefore;
        if (_leaf is { } leaf && _open is { } open && !EndLeaf(leaf, open))
            return;

        while (_leaf is null)
        {
            var level = _levels.Peek();
            if (level.Next < level.Container.Count)
                Begin(level, level.TakeNext());
            else if (_levels.Count == 1 || _blocks.IsOpen(level.Container))
                break;
            else if (_levels.Pop().IsQuote)
                Output.Close();
        }

        _parts.Drain();
    }

    /// <summary>The last line goes on, and it has been seen what it is.</summary>
    public void Extend(string text)
    {
        for (var start = 0; start < text.Length; start += MaxSlice)
        {
            _open?.Extend(text[start..Math.Min(start + MaxSlice, text.Length)]);
            _parts.Drain();
        }
    }

    /// <summary>Writes what can still change as it looks now.</summary>
    public void WriteOpen() => _open?.WriteOpen();

    /// <summary>Writes what is left of the block at the end as it is; nothing more can come.</summary>
    public void EndPlain() => _open?.EndPlain();

    /// <returns>False if more can come.</returns>
    private bool EndLeaf(LeafBlock leaf, OpenBlock open)
    {
        AddLines(leaf, open);
        if (_blocks.IsOpen(leaf))
            return false;

        open.End();
        if (leaf is HeadingBlock or CodeBlock)
            Output.Close();
        // What takes the place of a paragraph that is none is the next block.
        if (leaf.Parent is null)
            _levels.Peek().Next--;
        (_leaf, _open) = (null, null);
        return true;
    }

    private void AddLines(LeafBlock leaf, OpenBlock open)
    {
        if (leaf.Lines.Count < _lines && open is OpenParagraph paragraph)
            paragraph.RemoveLastLine();
        for (; _lines < leaf.Lines.Count; _lines++)
        {
            var line = leaf.Lines.Lines[_lines].Slice;
            // The first slice has what the line begins with.
            var first = Math.Min(line.Length - line.AsSpan().TrimStart(" \t").Length + MaxSlice, line.Length);
            open.AddLine(line.AsSpan()[..first].ToString());
            _parts.Drain();
            Extend(line.AsSpan()[first..].ToString());
        }

        // The parser looks back at the lines of a paragraph alone.
        if (leaf is ParagraphBlock || leaf.Lines.Count == 0)
            return;
        leaf.Lines.Clear();
        _lines = 0;
    }

    private void Begin(OpenContainer level, Block block)
    {
        if (block is BlankLineBlock)
            return;

        // The head of a table was the only line of a paragraph, which has been begun in its place.
        if (block is not TableBlock { ReplacesParagraph: true })
            Separate(level, block);
        switch (block)
        {
            case ListItemBlock item:
                BeginItem(level, item);
                break;
            case ContainerBlock container:
                BeginContainer(level, container);
                break;
            case ThematicBreakBlock:
                Output.Append(Rule);
                break;
            case LeafBlock leaf:
                BeginLeaf(level, leaf);
                break;
        }
    }

    private void Separate(OpenContainer level, Block block)
    {
        if (level.Before is { } before)
        {
            Output.Append(block is HeadingBlock || _isBlankBefore ? "\n\n" : "\n");
            // A heading stays with what it is the heading of.
            if (before is not HeadingBlock)
                Output.Break(isTopLevel: level.Container is MarkdownDocument);
            if (block is not CodeBlock)
                Output.Append(level.Indent);
        }

        level.Before = block;
    }

    private void BeginContainer(OpenContainer level, ContainerBlock container)
    {
        var inner = new OpenContainer(container, level.Indent);
        if (container is ListBlock list)
        {
            var depth = _levels.Count(outer => outer.Container is ListBlock);
            inner.Bullet = Bullets[Math.Min(depth, Bullets.Length - 1)];
            inner.Number = int.TryParse(list.OrderedStart, CultureInfo.InvariantCulture, out var start) ? start : 1;
        }
        else if (Output.IsIn(TextMarkKind.Quote))
        {
            // Telegram's quotes do not nest: the inner one keeps its mark as text.
            Output.Append("> ");
            inner = new OpenContainer(container, level.Indent + "> ");
        }
        else
        {
            Output.Open(TextMarkKind.Quote);
            inner.IsQuote = true;
        }

        _levels.Push(inner);
    }

    private void BeginItem(OpenContainer list, ListItemBlock item)
    {
        var isOrdered = ((ListBlock)list.Container).IsOrdered;
        var marker = isOrdered ? string.Create(CultureInfo.InvariantCulture, $"{list.Number++}. ") : list.Bullet;
        // The box of a task is bullet enough.
        if (isOrdered || item is not [LeafBlock first, ..] || IsTaskDone(first) is null)
            Output.Append(marker);
        _levels.Push(new OpenContainer(item, list.Indent + new string(' ', marker.Length + 1)));
    }

    private void BeginLeaf(OpenContainer level, LeafBlock leaf)
    {
        var open = Open(level, leaf);
        (_leaf, _open, _lines) = (leaf, open, 0);
        EndLeaf(leaf, open);
    }

    private OpenBlock Open(OpenContainer level, LeafBlock leaf)
    {
        switch (leaf)
        {
            case CodeBlock code:
                Output.Open(TextMarkKind.Pre, Language(code));
                return new OpenCode(Output, "\n");
            case FormulaBlock:
                return new OpenCode(Output, "\n" + level.Indent);
            case TableBlock table:
                return new OpenTable(table, _parts, _inlines);
            case HeadingBlock:
                Output.Open(TextMarkKind.Bold);
                return new OpenParagraph(Output, _inlines, " ", isHeading: true);
            default:
                BeginTask(leaf);
                return new OpenParagraph(Output, _inlines, "\n" + level.Indent, isHeading: false);
        }
    }

    private void BeginTask(LeafBlock leaf)
    {
        if (IsTaskDone(leaf) is not { } isDone)
            return;

        Output.Append(isDone ? "☑ " : "☐ ");
        ref var line = ref leaf.Lines.Lines[0].Slice;
        line = new StringSlice(line.ToString()[3..].TrimStart(' ', '\t'));
    }

    /// <summary>Whether the box before the text of an item is ticked; null = there is no box, or the block does not begin an item.</summary>
    public static bool? IsTaskDone(LeafBlock leaf)
    {
        if (leaf is not ParagraphBlock { Parent: ListItemBlock item, Lines.Count: > 0 } || item[0] != leaf)
            return null;

        return leaf.Lines.Lines[0].Slice.AsSpan() switch
        {
            ['[', ' ', ']', ' ' or '\t', ..] => false,
            ['[', 'x' or 'X', ']', ' ' or '\t', ..] => true,
            _ => null,
        };
    }

    public static string? Language(CodeBlock code)
    {
        var info = (code as FencedCodeBlock)?.Info;
        return string.IsNullOrWhiteSpace(info) || info.Length > 32 ? null : info;
    }
}
