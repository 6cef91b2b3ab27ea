using System.Diagnostics;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Turns;
using Clawdex.Gateway.Turns.Budgets;

namespace Clawdex.Gateway.Commands.History;

/// <summary>Summarizes the older part of a conversation and reports what that saved; or takes the last summary back.</summary>
internal sealed class CompactCommand(
    Compaction compaction, HistoryClient history, ChatModels models, RunningReplies running, SessionClient sessions, TurnClient turns, BudgetPolicy budgets, AnswerSlots slots)
    : Command("compact", "Summarize old messages to free context window", CommandOrder.AfterAnswers, CommandRight.OwnerInGroups)
{
    public override IReadOnlyList<(string Usage, string Action)> Help =>
    [
        ("/compact", Description),
        ("/compact undo", "Take the last summary back"),
    ];

    public override async Task<CommandReply?> RunAsync(CommandCall call, CancellationToken cancellationToken) => call.Argument.ToUpperInvariant() switch
    {
        "" => await CompactAsync(call, cancellationToken),
        "UNDO" => await UndoAsync(call, cancellationToken),
        // A model would be paid, perhaps for the opposite of what was meant.
        _ => new CommandReply(UserTexts.CompactHow),
    };

    private async Task<CommandReply?> UndoAsync(CommandCall call, CancellationToken cancellationToken) =>
        new CommandReply(await history.UndoCompactionAsync(call.Conversation, call.SourceId, call.MessageId ?? 0, cancellationToken) is { } size
            ? UserTexts.CompactionUndone(size)
            : UserTexts.NoSummary);

    private async Task<CommandReply?> CompactAsync(CommandCall call, CancellationToken cancellationToken)
    {
        var accepted = await turns.AcceptCommandAsync(
            call.Conversation, call.SourceId, call.MessageId ?? 0, budgets.ForCompaction(call.Asker), cancellationToken);
        if (accepted.Turn is not { } turn)
            return new CommandReply(accepted.UsedBefore is { } used ? budgets.Refuse(call.Asker, used) : UserTexts.Broken);

        var spending = new Spending(sessions, turn, mayHaveBeenAsked: accepted.Duplicate);
        var report = await RunAsync(call, spending, cancellationToken);
        await sessions.ChargeAsync(turn.Id, spending.Spent, cancellationToken);
        return new CommandReply(report);
    }

    private async Task<string> RunAsync(CommandCall call, Spending spending, CancellationToken cancellationToken)
    {
        using var stop = running.Begin(call.Conversation);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stop.Token);
        try
        {
            using var slot = await slots.TakeAsync(call.Asker.UserId, isBacklog: false, either.Token);
            var model = await models.OfAsync(call.Conversation, call.Asker.UserId, SessionClient.ReadPatience, either.Token);
            return Report(await compaction.RunAsync(call.Conversation, model, spending, either.Token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return UserTexts.CompactionStopped;
        }
    }

    private static string Report(CompactionResult result) => result switch
    {
        { Before: { } before, After: { } after } => UserTexts.Compacted(before, after),
        { Failure: { } failure } => UserTexts.Failure(failure, GatewayTelemetry.CurrentReference),
        { End: CompactionEnd.NothingToDo } => UserTexts.NothingToCompact,
        { End: CompactionEnd.Stopped } => UserTexts.CompactionStopped,
        { End: CompactionEnd.Empty } => UserTexts.CompactionEmpty,
        { End: CompactionEnd.Outdated } => UserTexts.CompactionOutdated,
        _ => throw new UnreachableException(),
    };
}
