using Clawdex.Gateway.Services;
using Clawdex.Sessions.V1;

namespace Clawdex.Gateway.Tests.Turns;

/// <summary>A value that this version does not know is never read as the one that does the most.</summary>
public sealed class SessionMappingTests
{
    [Fact]
    public void What_crosses_the_wire_by_its_number_has_the_number_of_the_contract()
    {
        Assert.Equal(
            [FinishReason.Stop, FinishReason.Length, FinishReason.ContentFilter, FinishReason.Cancelled, FinishReason.Interrupted],
            new[] { AnswerEnd.Complete, AnswerEnd.LengthLimit, AnswerEnd.ContentFilter, AnswerEnd.Cancelled, AnswerEnd.Interrupted }.Select(end => SessionMapping.ToFinishReason(end)));
        Assert.Equal([(int)Role.User, (int)Role.Assistant, (int)Role.System], new[] { ChatRole.User, ChatRole.Assistant, ChatRole.Summary }.Select(role => (int)role));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(99)]
    public void A_turn_in_an_unknown_state_is_not_this_gateways_to_run(int state) =>
        Assert.Null(SessionMapping.ToTurn(new Sessions.V1.Turn { TurnId = 1, State = (TurnState)state }, new Conversation(1)));

    [Theory]
    [InlineData(0)]
    [InlineData(99)]
    public void An_answer_that_ended_for_an_unknown_reason_is_not_taken_for_complete(int reason)
    {
        var turn = SessionMapping.ToTurn(new Sessions.V1.Turn { TurnId = 1, State = TurnState.Answered, FinishReason = (FinishReason)reason, AnswerText = "half" }, new Conversation(1));

        Assert.Equal(new Answer("half", AnswerEnd.Interrupted), turn?.Answer);
    }

    [Fact]
    public void A_time_that_no_calendar_knows_costs_nothing() =>
        Assert.Equal(9999, SessionMapping.ToTurn(new Sessions.V1.Turn { TurnId = 1, State = TurnState.Accepted, AcceptedAtUnixMs = long.MaxValue }, new Conversation(1))?.AcceptedAt.Year);

    [Theory]
    [InlineData(0)]
    [InlineData(99)]
    public void What_nobody_is_known_to_have_said_is_not_put_into_the_users_mouth(int role)
    {
        ContextMessage[] messages = [new() { Role = (Role)role, Content = "a tool's output" }, new() { Role = Role.User, Content = "hello" }];

        Assert.Equal([new Gateway.Services.ChatMessage(ChatRole.User, "hello")], SessionMapping.ToMessages(messages));
    }
}
