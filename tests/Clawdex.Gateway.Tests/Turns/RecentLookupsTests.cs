using Clawdex.Gateway.Services;
using Microsoft.Extensions.Time.Testing;

namespace Clawdex.Gateway.Tests.Turns;

public sealed class RecentLookupsTests
{
    private static readonly ModelLookup Found = new(ContextWindow: 1000, Known: true, []);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_lookup_is_remembered_for_a_minute()
    {
        var lookups = new RecentLookups(_time);
        lookups.Add("fake/model", Found);

        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.True(lookups.TryGet("fake/model", out var found));
        Assert.Same(Found, found);
        Assert.False(lookups.TryGet("fake/other", out _));

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(lookups.TryGet("fake/model", out _));
    }

    [Fact]
    public void Any_number_of_names_takes_no_more_than_a_bounded_room()
    {
        var lookups = new RecentLookups(_time);
        for (var i = 0; i < 1000; i++)
            lookups.Add($"fake/{i}", Found);

        Assert.InRange(Enumerable.Range(0, 1000).Count(i => lookups.TryGet($"fake/{i}", out _)), 1, 64);
        Assert.True(lookups.TryGet("fake/999", out _));
    }

    [Fact]
    public void Where_room_is_short_the_oldest_lookup_goes_and_no_other()
    {
        var lookups = new RecentLookups(_time);
        for (var i = 0; i < 65; i++)
            lookups.Add($"fake/{i}", Found);

        Assert.Equal(Enumerable.Range(1, 64), Enumerable.Range(0, 65).Where(i => lookups.TryGet($"fake/{i}", out _)));
    }
}
