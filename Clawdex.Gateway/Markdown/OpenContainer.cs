using Markdig.Syntax;

namespace Clawdex.Gateway.Markdown;

/// <summary>A container that is open: the next of its children, and the one before.</summary>
/// <param name="indent">Begins each line but the first.</param>
internal sealed class OpenContainer(ContainerBlock container, string indent)
{
    private const int MaxBehind = 64;

    public ContainerBlock Container => container;

    public string Indent => indent;

    public int Next { get; set; }

    public Block? Before { get; set; }

    public string Bullet { get; set; } = "";

    public int Number { get; set; }

    public bool IsQuote { get; set; }

    /// <summary>What lies behind goes from the tree, but for what the parser may look back at.</summary>
    public Block TakeNext()
    {
        if (Next > MaxBehind)
        {
            for (; Next > MaxBehind / 2; Next--)
                container.RemoveAt(0);
        }

        return container[Next++];
    }
}
