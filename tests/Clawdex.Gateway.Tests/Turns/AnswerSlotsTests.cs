using Clawdex.Gateway.Turns.Budgets;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Tests.Turns;

/// <summary>How many answers are asked for at once, and who waits for whom.</summary>
public sealed class AnswerSlotsTests : IDisposable
{
    private readonly AnswerSlots _slots = new(Options.Create(new AgentOptions { Limits = new AgentLimits { AnswersAtOnce = 3, AnswersAtOncePerUser = 2 } }));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _slots.Dispose();

    [Fact]
    public async Task A_users_third_answer_waits_for_the_first_two_and_takes_no_place_from_others()
    {
        var first = await TakeAsync(1);
        await TakeAsync(1);
        var third = TakeAsync(1);

        await TakeAsync(2);

        Assert.False(third.IsCompleted);
        first.Dispose();
        await third;
    }

    [Fact]
    public async Task When_all_are_taken_who_came_first_is_next()
    {
        var first = await TakeAsync(1);
        await TakeAsync(2);
        await TakeAsync(3);
        var (next, afterNext) = (TakeAsync(4), TakeAsync(5));

        first.Dispose();

        (await next).Dispose();
        await afterNext;
    }

    [Fact]
    public async Task Who_gives_up_leaves_no_place_taken()
    {
        using var patience = new CancellationTokenSource();
        var taken = new[] { await TakeAsync(1), await TakeAsync(1), await TakeAsync(2) };
        var (behindOwn, behindAll) = (_slots.TakeAsync(1, false, patience.Token), _slots.TakeAsync(3, false, patience.Token));

        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => behindOwn);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => behindAll);
        foreach (var slot in taken)
            slot.Dispose();
        await TakeAsync(1);
        await TakeAsync(1);
        await TakeAsync(3);
    }

    [Fact]
    public async Task A_slot_that_is_given_back_twice_is_given_back_once()
    {
        var slot = await TakeAsync(1);
        slot.Dispose();
        slot.Dispose();

        await TakeAsync(1);
        await TakeAsync(2);
        await TakeAsync(3);

        Assert.False(TakeAsync(4).IsCompleted);
    }

    private Task<AnswerSlots.Slot> TakeAsync(long userId) => _slots.TakeAsync(userId, isBacklog: false, Cancel);
}
