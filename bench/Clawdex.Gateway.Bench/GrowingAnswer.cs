using System.Text;
using BenchmarkDotNet.Attributes;
using Clawdex.Gateway.Markdown;
using Markdig;

namespace Clawdex.Gateway.Bench;

/// <summary>An answer that grows to 10 KB by 100 characters, rendered at each step as its edits are.</summary>
[MemoryDiagnoser]
public class GrowingAnswer
{
    private const int Step = 100;

    private static readonly MarkdownPipeline Plain = new MarkdownPipelineBuilder().Build();
    private static readonly MarkdownPipeline WithTables = new MarkdownPipelineBuilder().UsePipeTables().UseEmphasisExtras().UseTaskLists().UseAutoLinks().Build();

    private string[] _prefixes = [];

    [GlobalSetup]
    public void Setup()
    {
        var answer = new StringBuilder();
        for (var section = 1; answer.Length < 10_240; section++)
        {
            answer.Append(
                $"""
                ## Section {section}: what it is about

                Some **bold** and *italic* text with `code`, a [link](https://example.org/{section}) and a longer sentence that
                goes on for a while, because models like to explain things in full.

                - a first point with **emphasis**
                - a second one
                  - and what follows from it

                ```csharp
                public static int Add(int a, int b) => a + b; // {section} < 3 && true
                ```

                | Name | Value |
                |------|------:|
                | one  | {section} |
                | two  | {section * 2} |


                """);
        }

        var text = answer.ToString(0, 10_240);
        _prefixes = [.. Enumerable.Range(1, text.Length / Step).Select(step => text[..(step * Step)])];
    }

    /// <summary>Markdig's own HTML, without tables: what parsing and writing everything at each step costs at least.</summary>
    [Benchmark(Baseline = true)]
    public int MarkdigToHtml()
    {
        var length = 0;
        foreach (var prefix in _prefixes)
            length += Markdig.Markdown.ToHtml(prefix, Plain).Length;
        return length;
    }

    /// <summary>The same with the extensions whose syntax we read too.</summary>
    [Benchmark]
    public int MarkdigToHtmlWithExtensions()
    {
        var length = 0;
        foreach (var prefix in _prefixes)
            length += Markdig.Markdown.ToHtml(prefix, WithTables).Length;
        return length;
    }

    /// <summary>What a reply does: closed parts are kept, the open end is healed.</summary>
    [Benchmark]
    public int GrowingText()
    {
        var text = new GrowingText();
        var length = 0;
        foreach (var prefix in _prefixes)
            length += text.Render(prefix, complete: false)[^1].Html.Length;
        return length;
    }

    /// <summary>Without the memory of closed parts.</summary>
    [Benchmark]
    public int TelegramTextRender()
    {
        var length = 0;
        foreach (var prefix in _prefixes)
            length += TelegramText.Render(prefix, complete: false)[^1].Html.Length;
        return length;
    }
}
