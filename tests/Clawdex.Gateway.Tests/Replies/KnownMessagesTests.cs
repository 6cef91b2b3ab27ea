using Clawdex.Gateway.Replies;

namespace Clawdex.Gateway.Tests.Replies;

public sealed class KnownMessagesTests
{
    private const long Private = 7, Supergroup = -1_000_000_000_001;

    [Fact]
    public void What_is_used_is_remembered_however_many_supergroups_are_heard_of()
    {
        var known = new KnownMessages();
        known.Note(Private, 500);

        for (var i = 0; i < 5_000; i++)
        {
            known.Note(Supergroup - i, 1);
            if (i % 500 == 0)
                known.Note(Private, 400 + (i / 500));
        }

        Assert.Equal(500, known.Greatest(Private));
        Assert.Equal(1, known.Greatest(Supergroup - 4_999));
        Assert.Equal(0, known.Greatest(Supergroup));
    }
}
