using Clawdex.Gateway.Access;
using Microsoft.Extensions.Time.Testing;

namespace Clawdex.Gateway.Tests.Access;

/// <summary>What the owner is asked, and by which name.</summary>
public sealed class AccessRequestsTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void The_owner_is_asked_about_three_at_a_time_and_once_about_each()
    {
        var requests = new AccessRequests(_time);

        Assert.All(Enumerable.Range(1, 3), id => Assert.True(requests.TryAdd(id, $"Name {id}")));
        Assert.False(requests.TryAdd(1, "Name 1"));
        Assert.False(requests.TryAdd(4, "Name 4"));
        Assert.Equal("Name 2", requests.Remove(2, isDenied: true));
        Assert.Null(requests.Remove(2, isDenied: true));
        Assert.False(requests.TryAdd(2, "Name 2"));
        Assert.True(requests.TryAdd(4, "Name 4"));
    }

    [Fact]
    public void What_the_owner_leaves_unanswered_keeps_nobody_out_for_longer_than_a_day()
    {
        var requests = new AccessRequests(_time);
        Assert.All(Enumerable.Range(1, 3), id => Assert.True(requests.TryAdd(id, $"Name {id}")));
        _time.Advance(TimeSpan.FromHours(23.9));
        Assert.False(requests.TryAdd(4, "Name 4"));
        Assert.True(requests.Remove(2, isDenied: false) is not null && requests.TryAdd(2, "Name 2"));

        _time.Advance(TimeSpan.FromHours(0.2));

        Assert.True(requests.TryAdd(4, "Name 4"));
        Assert.False(requests.TryAdd(2, "Name 2"));
        Assert.True(requests.TryAdd(1, "Name 1"));
        Assert.False(requests.TryAdd(5, "Name 5"));
    }

    [Theory]
    [InlineData("Ann", "Ann")]
    [InlineData(" Ann  ", "Ann")]
    [InlineData("Bob \u202Etxt.exe\u202C", "Bob txt.exe")]
    [InlineData("\u2066a\u2069\u200B\u0000\u0007b\uFEFF\nc", "abc")]
    [InlineData("👩 Élodie", "👩 Élodie")]
    [InlineData("\uE000\uDC00x", "x")]
    [InlineData("", "")]
    public void A_name_cannot_pretend_to_be_anything_else(string name, string shown) => Assert.Equal(shown, AccessRequests.Clean(name));

    [Fact]
    public void A_name_is_cut_after_32_letters() => Assert.Equal(new string('é', 32), AccessRequests.Clean(new string('é', 5000)));

    [Fact]
    public void A_button_names_whom_it_is_about() =>
        Assert.All(AccessRequests.ButtonsFor(long.MaxValue), button => Assert.Equal(long.MaxValue, AccessRequests.UserOf(button)));
}
