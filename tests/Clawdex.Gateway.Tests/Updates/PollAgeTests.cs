using Clawdex.Gateway.Telegram;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Clawdex.Gateway.Tests.Updates;

public sealed class PollAgeTests
{
    [Fact]
    public void The_age_counts_from_the_last_answer()
    {
        var time = new FakeTimeProvider();
        using var age = new PollAge(Options.Create(new TelegramOptions()), time);
        Assert.Null(age.Value);

        age.Renew();
        time.Advance(TimeSpan.FromSeconds(89));
        Assert.Equal(TimeSpan.FromSeconds(89), age.Value);

        age.Renew();
        Assert.Equal(TimeSpan.Zero, age.Value);
    }
}
