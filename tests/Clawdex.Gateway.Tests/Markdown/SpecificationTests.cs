using System.Text.Json;
using Clawdex.Gateway.Markdown;

namespace Clawdex.Gateway.Tests.Markdown;

/// <summary>The examples of CommonMark and of GitHub's Markdown: Telegram takes each frame of each.</summary>
public sealed class SpecificationTests
{
    [Theory]
    [InlineData("commonmark.json", 652)]
    [InlineData("gfm.json", 40)]
    public async Task Every_frame_of_every_example_is_valid_and_how_it_comes_does_not_matter(string file, int atLeast)
    {
        await using var json = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Markdown", "Specifications", file));
        var examples = await JsonSerializer.DeserializeAsync<string[]>(json, cancellationToken: TestContext.Current.CancellationToken);

        Assert.NotNull(examples);
        Assert.InRange(examples.Length, atLeast, 1000);
        foreach (var example in examples)
        {
            var text = new GrowingText();
            for (var length = 0; length <= example.Length; length++)
                Assert.All(text.Render(example[..length], complete: false), TelegramRules.Check);
            Assert.Equal(TelegramText.Render(example, complete: true), text.Render(example, complete: true));
        }
    }
}
