using Clawdex.SessionService.Model;
using Clawdex.SessionService.Turns;
using FsCheck;
using FsCheck.Fluent;

namespace Clawdex.SessionService.Tests.Turns;

/// <summary>Where the gateway is killed while it answers a message.</summary>
internal enum Kill
{
    BeforeTheModelIsAsked,
    WhileTheModelAnswers,
    WhenTheAnswerIsStored,
}

/// <summary>A message, and how its answer goes.</summary>
/// <param name="Cost">Per cent of what is reserved for one run that the model counts in each.</param>
/// <param name="Kills">Of the first run, of the second one, and so on; the run after them ends.</param>
/// <param name="IsRepeated">Every call is made twice.</param>
internal sealed record Question(int Length, int Cost, Kill[] Kills, bool IsRepeated);

/// <summary>
/// Whatever is killed in between: a user is charged at least what the model counted, and what goes beyond the budget is one turn.
/// </summary>
public sealed class UsageProperties : IDisposable
{
    private const int Reserve = 800;

    private static readonly Gen<Question> Questions =
        from length in Gen.Choose(1, 2000)
        from cost in Gen.Choose(0, 100)
        from kills in Gen.Frequency(
            (6, Gen.Constant(Array.Empty<Kill>())),
            (4, from kill in Gen.Elements(Enum.GetValues<Kill>()) select new[] { kill }),
            (1, Gen.ArrayOf(Gen.Elements(Enum.GetValues<Kill>()), 3)))
        from isRepeated in Gen.Elements(true, false, false, false)
        select new Question(length, cost, kills, isRepeated);

    private readonly ServiceUnderTest _service = ServiceUnderTest.Start();
    private readonly TurnLedger _turns;
    private readonly UsageLedger _usage;

    private long _user;
    private int _source;

    public UsageProperties() => (_turns, _usage) = (_service.Get<TurnLedger>(), _service.Get<UsageLedger>());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _service.Dispose();

    [Fact]
    public Task A_thousand_messages_with_kills_at_each_step_are_charged_at_least_as_the_model_counts_and_one_turn_too_much_at_most() =>
        CheckAsync(tests: 1, messages: 1000, limits: Gen.Constant(100_000_000));

    [Fact]
    public Task A_budget_of_any_size_lets_one_turn_go_beyond_it_and_none_after_that() =>
        CheckAsync(tests: 20, messages: 20, limits: Gen.Choose(1, 20_000));

    /// <summary>FsCheck blocks while a property runs: on a thread of its own it takes none from the service.</summary>
    private Task CheckAsync(int tests, int messages, Gen<int> limits) =>
        Task.Factory.StartNew(
            () => Check.One(
                Config.QuickThrowOnFailure.WithMaxTest(tests),
                Prop.ForAll(
                    Arb.From(from limit in limits from questions in Gen.ArrayOf(Questions, messages) select (limit, questions)),
                    scenario => TalkAsync(scenario.limit, scenario.questions))),
            Token,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);

    private async Task TalkAsync(int limit, Question[] questions)
    {
        var session = new SessionIdentity($"test:{++_user}", "test", $"{_user}");
        var budget = new Budget(_user, limit, TotalLimit: 0, Reserve, MaxHistoryMessages: 3);
        var (counted, largest) = (0L, 0L);
        foreach (var question in questions)
        {
            var before = (await _usage.GetAsync(_user, Token)).OfUser;
            var message = new NewMessage(session, $"{++_source}", new string('u', question.Length), 1, null, null) { Budget = budget };
            if (await AcceptAsync(message, question.IsRepeated) is not { } turn)
            {
                Assert.InRange(before, limit, long.MaxValue);
                continue;
            }

            Assert.InRange(before, 0, limit - 1);
            counted += await AnswerAsync(turn, question);
            var after = (await _usage.GetAsync(_user, Token)).OfUser;
            largest = Math.Max(largest, after - before);
            Assert.InRange(after, counted, limit + largest);
        }
    }

    /// <summary>Null = the budget is spent.</summary>
    private async Task<Turn?> AcceptAsync(NewMessage message, bool isRepeated)
    {
        var turn = (await AcceptAsync(message)).View?.Turn;
        if (!isRepeated)
            return turn;
        var again = await AcceptAsync(message);
        Assert.Equal(turn is not null, again.IsDuplicate);
        return again.View?.Turn;
    }

    private async Task<Acceptance> AcceptAsync(NewMessage message) =>
        (await _turns.AcceptAsync(message, Token)).TryGet(out var acceptance, out var refusal) ? acceptance : throw new InvalidOperationException(refusal.Reason);

    /// <summary>As a gateway does: what an earlier run may have cost stays charged, and each further one is charged before it asks.</summary>
    /// <returns>What the model counted.</returns>
    private async Task<long> AnswerAsync(Turn turn, Question question)
    {
        var (reservation, counted) = (turn.Tokens, 0L);
        var cost = reservation * question.Cost / 100;
        for (var run = 0; ; run++)
        {
            var kill = run < question.Kills.Length ? question.Kills[run] : (Kill?)null;
            var found = (await _service.Get<TurnOwners>().ListOpenAsync(turn.Id - 1, 1, gateway: "", Token)).Single().Turn;
            var lost = run == 0 ? 0 : found.Tokens;
            if (found.State is TurnState.Accepted && run > 0)
                await TwiceIf(question.IsRepeated, () => _usage.ChargeAsync(turn.Id, new Charge(lost + reservation), gateway: "", Token));
            if (kill is Kill.BeforeTheModelIsAsked && found.State is TurnState.Accepted)
                continue;
            if (found.State is TurnState.Accepted)
            {
                counted += cost;
                if (kill is Kill.WhileTheModelAnswers)
                    continue;
                var answer = new Answer(turn.Id, "answer", FinishReason.Stop, "m", 0, 0, 0, null) { Charge = new Charge(lost + cost) };
                await TwiceIf(question.IsRepeated, () => _turns.CompleteAsync(answer, Token));
                if (kill is Kill.WhenTheAnswerIsStored)
                    continue;
            }

            await TwiceIf(question.IsRepeated, () => _turns.UpdateDeliveryAsync(turn.Id, [], delivered: true, gateway: "", Token));
            return counted;
        }
    }

    private static async Task TwiceIf(bool isRepeated, Func<Task> call)
    {
        await call();
        if (isRepeated)
            await call();
    }
}
