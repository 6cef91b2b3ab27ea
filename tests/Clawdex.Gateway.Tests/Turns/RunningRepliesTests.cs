using Clawdex.Gateway.Services;
using Clawdex.Gateway.Turns;

namespace Clawdex.Gateway.Tests.Turns;

/// <summary>A question that was edited while it waited is asked once, whoever tells of the edit, and however late.</summary>
public sealed class RunningRepliesTests
{
    private static readonly Conversation Place = new(7);
    private static readonly DateTimeOffset Accepted = DateTimeOffset.UnixEpoch.AddDays(1);

    // The same ones: turns are compared.
    private static readonly IReadOnlyList<int> NoMessages = [];

    private readonly RunningReplies _running = new();

    [Fact]
    public void An_edit_that_the_model_has_read_does_not_start_its_answer_over()
    {
        using var signal = _running.Begin(Place, Asked("waits", Accepted));
        var edited = Asked("has waited", Accepted.AddSeconds(1));

        signal.Read(ContextOf(edited));
        _running.StartOver([edited]);

        Assert.False(signal.Token.IsCancellationRequested);
        Assert.True(signal.StartOver(edited));
        Assert.Equal([edited], _running.Turns);
        Assert.Null(signal.TakeEdit());
    }

    [Fact]
    public void A_later_edit_does_so()
    {
        using var signal = _running.Begin(Place, Asked("waits", Accepted));
        var later = Asked("edited again", Accepted.AddSeconds(2));

        signal.Read(ContextOf(Asked("has waited", Accepted.AddSeconds(1))));
        _running.StartOver([later]);

        Assert.True(signal.Token.IsCancellationRequested);
        Assert.Equal(later, signal.TakeEdit());
    }

    [Fact]
    public void Who_is_let_out_is_answered_no_further_wherever_he_asked_and_others_there_are()
    {
        using var inHisChat = _running.Begin(new Conversation(42));
        using var inGroup = _running.Begin(new Conversation(-1, 7), Asked("his", Accepted) with { UserId = 42 });
        using var ofAnother = _running.Begin(new Conversation(-1), Asked("another's", Accepted) with { UserId = 43 });

        _running.StopUser(42);

        Assert.Equal([StopReason.User, StopReason.User, StopReason.None], ((StopSignal[])[inHisChat, inGroup, ofAnother]).Select(signal => signal.Reason));
    }

    private static ChatContext ContextOf(Turn turn) =>
        new([new ChatMessage(ChatRole.User, turn.UserText)], DroppedMessages: 0, EstimatedTokens: 1) { AcceptedAt = turn.AcceptedAt };

    private static Turn Asked(string text, DateTimeOffset acceptedAt) => new()
    {
        Id = 1,
        Conversation = Place,
        State = Sessions.V1.TurnState.Accepted,
        UserText = text,
        OriginMessageId = 2,
        ReplyMessageIds = NoMessages,
        Answer = null,
        AcceptedAt = acceptedAt,
        TraceParent = "",
    };
}
