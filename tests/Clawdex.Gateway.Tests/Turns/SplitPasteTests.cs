using Clawdex.Gateway.Services;
using Clawdex.Gateway.Turns;

namespace Clawdex.Gateway.Tests.Turns;

public sealed class SplitPasteTests
{
    [Theory]
    [InlineData(3999, null)]
    [InlineData(4000, "\n")]
    [InlineData(4095, "\n")]
    [InlineData(4096, "")]
    // Links and code are written in it: nothing tells any more how long the part was, and words or fences must not run together.
    [InlineData(4097, "\n")]
    public void A_part_and_what_continues_it_are_joined_by_what_the_client_dropped(int length, string? separator)
    {
        var (first, second) = (new ChatMessage(ChatRole.User, new string('a', length)), new ChatMessage(ChatRole.User, "the end"));

        var joined = SplitPaste.Joined([first, second]);

        Assert.Equal(separator is null ? [first, second] : [first with { Text = first.Text + separator + second.Text }], joined);
    }
}
