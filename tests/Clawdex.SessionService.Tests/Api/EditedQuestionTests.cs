using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests.Api;

/// <summary>A question that is still to be answered reads as its author has edited it, and no other does.</summary>
public sealed class EditedQuestionTests : IDisposable
{
    // The message of the chat's user that all of its questions come with.
    private const long Origin = 7;

    private readonly ServiceUnderTest _service = ServiceUnderTest.Start();
    private readonly Conversation _chat;

    public EditedQuestionTests() => _chat = new Conversation(_service.Client);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _service.Dispose();

    [Fact]
    public async Task The_history_and_what_a_gateway_takes_up_have_the_new_text_and_a_new_time()
    {
        var turnId = await _chat.SayAsync("a qestion");
        Assert.Equal(["a qestion"], await _chat.TextsAsync(turnId));
        await _chat.ShowAsync(turnId, 100);
        _service.Time.Advance(TimeSpan.FromMinutes(1));

        var edited = await EditAsync("a question");

        Assert.Equal((turnId, "a question", Wire.TurnState.Streaming), (edited?.TurnId, edited?.UserText, edited?.State));
        Assert.Equal(["a question"], await _chat.TextsAsync(turnId));
        Assert.Equal(edited, Assert.Single((await _service.Client.ListOpenTurnsAsync(new(), cancellationToken: Token)).Turns));
        Assert.Equal(_service.Time.GetUtcNow().ToUnixTimeMilliseconds(), edited?.AcceptedAtUnixMs);
        Assert.Equal(edited?.AcceptedAtUnixMs, (await _chat.ContextAsync(turnId)).AcceptedAtUnixMs);
        await _chat.CompleteAsync(turnId, "an answer");
        Assert.Equal(["a question", "an answer"], await _chat.TextsAsync());
    }

    [Fact]
    public async Task What_is_answered_of_another_message_or_of_another_day_stays_as_it_is()
    {
        await _chat.ExchangeAsync("answered", "an answer");
        Assert.Null(await EditAsync("answered, edited"));

        await _chat.SayAsync("open");
        Assert.Null(await EditAsync("open, edited", origin: 8));
        _service.Time.Advance(TimeSpan.FromDays(1));
        Assert.Null(await EditAsync("open, edited"));

        Assert.Equal(["answered", "an answer", "open"], await _chat.TextsAsync());
    }

    [Fact]
    public async Task One_more_call_is_reserved_where_a_model_may_have_been_asked_and_refused_when_the_budget_is_spent()
    {
        var budget = new Wire.Budget { UserId = 11, UserLimit = 1500, ReserveTokens = 1000, MaxHistoryMessages = 50 };
        var turnId = (await _service.Client.AcceptMessageAsync(
            new() { Session = _chat.Id, SourceId = "1", Text = "four", OriginMessageId = Origin, Budget = budget }, cancellationToken: Token)).Turn.TurnId;

        await EditAsync("five", budget);
        Assert.Equal(1001, await UsedAsync());
        await _chat.ShowAsync(turnId, 100);
        await EditAsync("six.", budget);
        // The history has the question as well.
        Assert.Equal(1001 + 1002, await UsedAsync());
        await EditAsync("six.", budget);
        Assert.Null(await EditAsync("no more", budget));

        Assert.Equal(1001 + 1002, await UsedAsync());
        Assert.Equal(["six."], await _chat.TextsAsync(turnId));
        await _service.Client.CompleteTurnAsync(new() { TurnId = turnId, Text = "an answer", Tokens = 42 }, cancellationToken: Token);
        Assert.Equal(42, await UsedAsync());
    }

    private async Task<Wire.Turn?> EditAsync(string text, Wire.Budget? budget = null, long origin = Origin) =>
        (await _service.Client.EditQuestionAsync(
            new() { SessionKey = _chat.Key, OriginMessageId = origin, Text = text, Budget = budget }, cancellationToken: Token)).Turn;

    private async Task<long> UsedAsync() =>
        (await _service.Client.GetUsageAsync(new() { UserId = 11 }, cancellationToken: Token)).Usage.UserTokens;
}
