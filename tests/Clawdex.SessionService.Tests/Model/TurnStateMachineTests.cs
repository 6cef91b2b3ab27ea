using System.Text;
using Clawdex.SessionService.Model;
using Clawdex.SessionService.Storage;

using Clawdex.Testing;

namespace Clawdex.SessionService.Tests.Model;

public sealed class TurnStateMachineTests
{
    private static readonly FinishReason[] AnswerReasons = Enum.GetValues<FinishReason>();

    [Fact]
    public void The_table_in_the_documentation_is_the_one_in_the_code()
    {
        var documented = File.ReadAllText(Path.Combine(Repository.Root, "docs", "turns.md"));

        Assert.Contains(Table(), documented, StringComparison.Ordinal);
    }

    [Fact]
    public void A_settled_turn_stays_as_it_is()
    {
        foreach (var state in Enum.GetValues<TurnState>().Where(TurnStateMachine.IsSettled))
        {
            foreach (var step in AllSteps(state))
            {
                if (step is { } repeat)
                    Assert.Equal((state, true), repeat);
            }
        }
    }

    [Fact]
    public void Whatever_a_step_did_doing_it_again_changes_nothing()
    {
        foreach (var state in Enum.GetValues<TurnState>())
        {
            foreach (var @event in Enum.GetValues<TurnEvent>())
            {
                foreach (var reason in AnswerReasons)
                {
                    var wasAnswered = state == TurnState.Answered;
                    if (TurnStateMachine.Next(state, @event, wasAnswered, reason) is not { IsRepeat: false } step)
                        continue;
                    var again = TurnStateMachine.Next(
                        step.State,
                        @event == TurnEvent.Shown ? TurnEvent.ShownAgain : @event,
                        wasAnswered || @event == TurnEvent.Completed,
                        reason);
                    Assert.Equal(step.State, again?.State);
                }
            }
        }
    }

    private static IEnumerable<(TurnState State, bool IsRepeat)?> AllSteps(TurnState state) =>
        from @event in Enum.GetValues<TurnEvent>()
        from wasAnswered in new[] { true, false }
        from reason in AnswerReasons
        select TurnStateMachine.Next(state, @event, wasAnswered, reason);

    private static string Table()
    {
        var table = new StringBuilder("| | shown | again | completed | delivered | failed | cancelled | interrupted |\n|---|---|---|---|---|---|---|---|\n");
        foreach (var state in Enum.GetValues<TurnState>())
        {
            if (state is TurnState.Cancelled or TurnState.Failed or TurnState.Interrupted)
            {
                table.Append(Row($"{EnumWords.Of(state)}, with an answer", state, wasAnswered: true));
                table.Append(Row($"{EnumWords.Of(state)}, without", state, wasAnswered: false));
            }
            else
            {
                table.Append(Row(EnumWords.Of(state), state, state is TurnState.Answered or TurnState.Delivered));
            }
        }

        return table.ToString();
    }

    private static string Row(string title, TurnState state, bool wasAnswered) =>
        $"| {title} | {string.Join(" | ", Enum.GetValues<TurnEvent>().Select(@event => Cell(state, @event, wasAnswered)))} |\n";

    private static string Cell(TurnState state, TurnEvent @event, bool wasAnswered)
    {
        var steps = AnswerReasons.Select(reason => TurnStateMachine.Next(state, @event, wasAnswered, reason)).Distinct().ToArray();
        return steps[0] switch
        {
            { IsRepeat: false } => "→ " + string.Join(", ", steps.OfType<(TurnState State, bool IsRepeat)>().Select(step => EnumWords.Of(step.State))),
            { IsRepeat: true } => "same",
            null => "no",
        };
    }
}
