using Grpc.Core;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests.Api;

/// <summary>A message that goes on where an answer was cut is taken only behind that answer.</summary>
public sealed class ContinuationTests : IDisposable
{
    private readonly ServiceUnderTest _service = ServiceUnderTest.Start();

    public void Dispose() => _service.Dispose();

    [Theory]
    [InlineData(nameof(Wire.FinishReason.Length), true)]
    [InlineData(nameof(Wire.FinishReason.Interrupted), true)]
    [InlineData(nameof(Wire.FinishReason.Length), false)]
    [InlineData(nameof(Wire.FinishReason.Interrupted), false)]
    public async Task The_last_answer_is_continued_when_it_was_cut(string reason, bool isSettled)
    {
        var chat = new Conversation(_service.Client);
        var cut = await CutAsync(chat, Enum.Parse<Wire.FinishReason>(reason), isSettled);

        var accepted = await ContinueAsync(chat, cut);

        Assert.False(accepted.Duplicate);
        Assert.Equal(["count", "one two", "go on"], await chat.TextsAsync(accepted.Turn.TurnId));
    }

    [Fact]
    public async Task It_is_continued_once_and_a_second_delivery_is_a_duplicate_whatever_came_after_it()
    {
        var chat = new Conversation(_service.Client);
        var cut = await CutAsync(chat);
        var first = await ContinueAsync(chat, cut);
        await chat.CompleteAsync(first.Turn.TurnId, "three four");
        await chat.SayAsync("thanks");

        var again = await ContinueAsync(chat, cut);

        Assert.True(again.Duplicate);
        Assert.Equal(first.Turn.TurnId, again.Turn.TurnId);
        await IsRefusedAsync(chat, cut, sourceId: "another press");
    }

    [Theory]
    [InlineData(nameof(Wire.FinishReason.Stop))]
    [InlineData(nameof(Wire.FinishReason.ContentFilter))]
    [InlineData(nameof(Wire.FinishReason.Cancelled))]
    [InlineData(nameof(Wire.FinishReason.Unspecified))]
    public async Task An_answer_that_was_not_cut_is_not_continued(string reason)
    {
        var chat = new Conversation(_service.Client);

        await IsRefusedAsync(chat, await CutAsync(chat, Enum.Parse<Wire.FinishReason>(reason)));
    }

    [Fact]
    public async Task A_turn_without_an_answer_is_not_continued()
    {
        var chat = new Conversation(_service.Client);
        var open = await chat.SayAsync("count");
        await IsRefusedAsync(chat, open);

        await chat.FailAsync(open, Wire.FinishReason.Interrupted);
        await IsRefusedAsync(chat, open);
    }

    [Fact]
    public async Task A_later_message_takes_its_place_before_it_is_answered()
    {
        var chat = new Conversation(_service.Client);
        var cut = await CutAsync(chat);
        await chat.SayAsync("never mind");

        await IsRefusedAsync(chat, cut);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_is_continued_after_a_reset(bool forget)
    {
        var chat = new Conversation(_service.Client);
        var cut = await CutAsync(chat);
        if (forget)
            await chat.ForgetAsync();
        else
            await chat.ResetAsync();

        await IsRefusedAsync(chat, cut);
    }

    [Fact]
    public async Task An_answer_of_a_reply_that_was_under_way_at_a_reset_is_not_continued()
    {
        var chat = new Conversation(_service.Client);
        var turnId = await chat.SayAsync("count");
        await chat.ResetAsync();
        await chat.CompleteAsync(turnId, "one two", Wire.FinishReason.Interrupted);

        await IsRefusedAsync(chat, turnId);
    }

    [Fact]
    public async Task Turns_of_other_sessions_and_numbers_of_nothing_are_not_continued()
    {
        var theirs = await CutAsync(new Conversation(_service.Client, "2"));
        var chat = new Conversation(_service.Client, "1");

        await IsRefusedAsync(chat, theirs);
        await IsRefusedAsync(chat, 999_999_999_999);
        await IsRefusedAsync(chat, long.MaxValue);
        Assert.False((await chat.SessionAsync()).Exists);

        await CutAsync(chat);
        await IsRefusedAsync(chat, theirs);
    }

    [Fact]
    public async Task A_number_that_no_turn_can_have_is_malformed()
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => ContinueAsync(new Conversation(_service.Client), 0));

        Assert.Equal((StatusCode.InvalidArgument, "continues_turn_id must be positive"), (refused.StatusCode, refused.Status.Detail));
    }

    [Fact]
    public async Task Of_many_presses_at_once_one_opens_a_turn()
    {
        var chat = new Conversation(_service.Client);
        var cut = await CutAsync(chat);

        var presses = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => TryContinueAsync(chat, cut, $"press-{i}")));

        Assert.Single(presses, accepted => accepted);
    }

    private static async Task<long> CutAsync(Conversation chat, Wire.FinishReason reason = Wire.FinishReason.Interrupted, bool isSettled = true)
    {
        var turnId = await chat.SayAsync("count");
        await chat.CompleteAsync(turnId, "one two", reason);
        if (isSettled)
            await chat.DeliverAsync(turnId, 100);
        return turnId;
    }

    private static Task<Wire.AcceptMessageResponse> ContinueAsync(Conversation chat, long turnId, string? sourceId = null) =>
        chat.AcceptAsync("go on", sourceId ?? $"continue:{turnId}", continuesTurnId: turnId);

    private static async Task<bool> TryContinueAsync(Conversation chat, long turnId, string sourceId)
    {
        try
        {
            await ContinueAsync(chat, turnId, sourceId);
            return true;
        }
        catch (RpcException error) when (error.StatusCode is StatusCode.FailedPrecondition)
        {
            return false;
        }
    }

    private static async Task IsRefusedAsync(Conversation chat, long turnId, string? sourceId = null)
    {
        var before = await chat.SessionAsync();

        Assert.False(await TryContinueAsync(chat, turnId, sourceId ?? $"continue:{turnId}"));

        Assert.Equal(before, await chat.SessionAsync());
    }
}
