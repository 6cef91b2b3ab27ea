using Grpc.Core;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests.Api;

public sealed class AcceptMessageTests : IDisposable
{
    private readonly ServiceUnderTest _service = ServiceUnderTest.Start();

    public void Dispose() => _service.Dispose();

    [Fact]
    public async Task A_message_opens_a_turn_and_creates_its_session()
    {
        var chat = new Conversation(_service.Client);

        var accepted = await chat.AcceptAsync("hello");

        Assert.False(accepted.Duplicate);
        Assert.Equal(Wire.TurnState.Accepted, accepted.Turn.State);
        Assert.Equal("hello", accepted.Turn.UserText);
        Assert.Equal(7, accepted.Turn.OriginMessageId);
        Assert.Equal(chat.Id, accepted.Turn.Session);
        Assert.Equal(_service.Time.GetUtcNow().ToUnixTimeMilliseconds(), accepted.Turn.AcceptedAtUnixMs);
        Assert.Equal(["telegram:12345|telegram|12345||1"], _service.Query("SELECT session_key, channel, chat_id, model_override, message_count FROM sessions"));
        Assert.Equal(["user|hello|2|update-1"], _service.Query("SELECT role, content, token_count, source_id FROM messages"));
    }

    [Fact]
    public async Task A_second_delivery_of_an_update_answers_duplicate_with_what_became_of_it()
    {
        var chat = new Conversation(_service.Client);
        var turnId = (await chat.AcceptAsync("hello", sourceId: "42")).Turn.TurnId;
        await chat.CompleteAsync(turnId, "hi there");

        var again = await chat.AcceptAsync("hello", sourceId: "42");

        Assert.True(again.Duplicate);
        Assert.Equal(turnId, again.Turn.TurnId);
        Assert.Equal(Wire.TurnState.Answered, again.Turn.State);
        Assert.Equal("hi there", again.Turn.AnswerText);
        Assert.Equal(["hello", "hi there"], await chat.TextsAsync());
    }

    [Fact]
    public async Task An_update_that_is_delivered_again_after_a_reset_is_still_a_duplicate()
    {
        var chat = new Conversation(_service.Client);
        await chat.AcceptAsync("hello", sourceId: "42");
        await chat.ResetAsync();

        Assert.True((await chat.AcceptAsync("hello", sourceId: "42")).Duplicate);
        Assert.Empty(await chat.TextsAsync());
    }

    [Fact]
    public async Task The_same_source_id_in_another_session_is_another_message()
    {
        await new Conversation(_service.Client, "1").AcceptAsync("hello", sourceId: "42");

        Assert.False((await new Conversation(_service.Client, "2").AcceptAsync("hello", sourceId: "42")).Duplicate);
    }

    [Theory]
    [InlineData("", "1", "hello", "session.session_key is empty")]
    [InlineData("telegram:12345", "1", "\0", "text is empty")]
    [InlineData("telegram:12345", "\0", "hello", "source_id is empty")]
    [InlineData("telegram:999", "1", "hello", "session.session_key must be channel:chat_id, with :topic:id behind it for a forum topic")]
    [InlineData("telegram:12345", " ", "hello", "source_id is empty")]
    [InlineData("telegram:12345", "1", "", "text is empty")]
    public async Task A_malformed_request_is_refused_by_the_name_of_its_field(string sessionKey, string sourceId, string text, string problem)
    {
        var request = new Wire.AcceptMessageRequest
        {
            Session = new Wire.SessionId { SessionKey = sessionKey, Channel = "telegram", ChatId = "12345" },
            SourceId = sourceId,
            Text = text,
        };

        var refused = await Assert.ThrowsAsync<RpcException>(
            async () => await _service.Client.AcceptMessageAsync(request, cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.Equal(problem, refused.Status.Detail);
        Assert.Empty(_service.Query("SELECT * FROM sessions"));
    }
}
