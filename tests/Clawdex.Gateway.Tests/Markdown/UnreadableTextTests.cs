using Clawdex.Gateway.Markdown;
using Markdig.Helpers;
using Markdig.Parsers;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Clawdex.Gateway.Tests.Markdown;

/// <summary>What the parser or the renderer fails on is still the model's answer.</summary>
public sealed class UnreadableTextTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_cannot_be_read_or_written_is_shown_as_it_is_and_counted_once(bool isRead)
    {
        const string markdown = "# A\n\nb ^*c*\n\n> d\n";
        var failures = 0;
        var text = new GrowingText(() => failures++, new InlineParserList([isRead ? new UnwritableParser() : new FailingParser()]));
        for (var length = 1; length <= markdown.Length; length++)
            Assert.All(text.Render(markdown[..length], complete: false), TelegramRules.Check);

        var part = Assert.Single(text.Render(markdown, complete: true));

        Assert.Equal("<b>A</b>\n\nb ^*c*\n\n<blockquote>d</blockquote>", part.Html);
        Assert.Equal(1, failures);
    }

    [Theory]
    [InlineData("*a* b\nc")]
    [InlineData("*a* b\n\nc")]
    public void A_block_whose_end_fails_is_shown_as_it_is_and_counted_once(string markdown)
    {
        var failures = 0;
        var text = new GrowingText(() => failures++, blockParsers: new BlockParserList([new EndlessParser()]));
        for (var length = 1; length <= markdown.Length; length++)
            Assert.All(text.Render(markdown[..length], complete: false), TelegramRules.Check);

        var part = Assert.Single(text.Render(markdown, complete: true));

        Assert.Equal(markdown, part.Html);
        Assert.Equal(1, failures);
    }

    /// <summary>Fails on the end of the first paragraph.</summary>
    private sealed class EndlessParser : ParagraphBlockParser
    {
        private bool _hasFailed;

        public override bool Close(BlockProcessor processor, Block block)
        {
            if (_hasFailed)
                return base.Close(processor, block);
            _hasFailed = true;
            throw new ArgumentOutOfRangeException(nameof(block));
        }
    }

    private sealed class FailingParser : InlineParser
    {
        public FailingParser() => OpeningCharacters = ['^'];

        public override bool Match(InlineProcessor processor, ref StringSlice slice) => throw new ArgumentNullException(nameof(slice));
    }

    private sealed class UnwritableParser : InlineParser
    {
        public UnwritableParser() => OpeningCharacters = ['^'];

        public override bool Match(InlineProcessor processor, ref StringSlice slice)
        {
            processor.Inline = new Unwritable(this);
            slice.SkipChar();
            return true;
        }

        private sealed class Unwritable(InlineParser parser) : DelimiterInline(parser)
        {
            public override string ToLiteral() => throw new UriFormatException();
        }
    }
}
