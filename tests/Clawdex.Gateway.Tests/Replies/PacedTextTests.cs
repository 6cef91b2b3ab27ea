using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Telegram.Limits;

namespace Clawdex.Gateway.Tests.Replies;

public sealed class PacedTextTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_appends_after_showing_has_failed_hears_why()
    {
        var time = TimeProvider.System;
        var pacer = new EditPacer(new TelegramOptions(), ChatBudget.For(isGroup: false, new TelegramLimits(), new BotPace(time), time), time);
        var text = new PacedText(pacer, (_, _) => throw new InvalidOperationException("settled by someone else"), time, Cancel);

        await text.AppendAsync("One", Cancel);
        await Assert.ThrowsAsync<InvalidOperationException>(() => text.Shown);

        // The channel's own exception is one of these, too, so the words tell them apart.
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => text.AppendAsync("two", Cancel).AsTask());
        Assert.Equal("settled by someone else", error.Message);
    }
}
