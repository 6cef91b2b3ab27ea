using Clawdex.Gateway.Updates;

namespace Clawdex.Gateway.Tests.Updates;

public sealed class PollPositionTests
{
    private readonly PollPosition _position = new();

    [Fact]
    public void It_moves_behind_everything_that_is_done()
    {
        _position.Advance([7, 8, 9], new HashSet<int>());

        Assert.Equal((10, true), (_position.Offset, _position.IsUnconfirmed));
    }

    [Fact]
    public void What_was_not_stored_holds_it_back_and_what_is_done_behind_it_is_not_done_again()
    {
        _position.Advance([7, 8, 9, 10], new HashSet<int> { 8, 10 });

        Assert.Equal(8, _position.Offset);
        Assert.Equal([false, true, false], new[] { 8, 9, 10 }.Select(_position.IsDone));
    }

    [Fact]
    public void When_it_was_stored_after_all_nothing_is_held_back()
    {
        _position.Advance([7, 8, 9], new HashSet<int> { 7 });
        _position.Advance([7, 8, 9, 10], new HashSet<int>());

        Assert.Equal(11, _position.Offset);
        Assert.False(_position.IsDone(8));
    }

    [Fact]
    public void Numbers_that_start_over_are_followed()
    {
        _position.Advance([900], new HashSet<int>());
        _position.Advance([5], new HashSet<int>());

        Assert.Equal(6, _position.Offset);
    }

    [Fact]
    public void An_empty_delivery_changes_nothing()
    {
        _position.Advance([], new HashSet<int>());

        Assert.Null(_position.Offset);
        Assert.False(_position.IsUnconfirmed);
    }
}
