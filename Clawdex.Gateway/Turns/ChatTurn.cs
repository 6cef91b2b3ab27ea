using System.Diagnostics;
using System.Text;
using Clawdex.Gateway.Outbound;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Turns;

/// <summary>
/// Answers one accepted message: context from the session service, the model's stream, a reply that grows in the chat, and
/// the turn's end, stored. Every way in which this can go wrong ends in one visible sentence, or leaves the turn open for the
/// next start of the gateway to finish.
/// </summary>
internal sealed class ChatTurn(
    SessionBackend sessions,
    LlmBackend llm,
    ChatModels models,
    Compaction compaction,
    TelegramChat chat,
    ChatMigrations migrations,
    RunningReplies running,
    IOptions<AgentOptions> agent,
    IOptions<TelegramOptions> telegram,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<ChatTurn> logger)
{
    /// <summary>A turn that a crash left open longer ago than this is not answered any more: nobody waits for it.</summary>
    public static readonly TimeSpan TooOldAfter = TimeSpan.FromHours(1);

    /// <summary>When everything is shut down at once, the model's stream may break before the gateway hears of it.</summary>
    private static readonly TimeSpan ShutdownLag = TimeSpan.FromMilliseconds(300);

    /// <summary>Characters; far beyond what any model writes at once.</summary>
    private const int LongestAnswer = 200_000;

    /// <param name="abort">Ends the turn at once and leaves it open.</param>
    public async Task RunAsync(PendingTurn pending, CancellationToken abort)
    {
        var turn = pending.Turn with { Conversation = migrations.Current(pending.Turn.Conversation) };
        using var span = StartSpan(pending);
        using var run = running.Begin(turn.Conversation);
        await using var reply = new StreamedReply(PlaceOf(turn, run.Signal), chat, EditPacing.From(telegram.Value), time, abort);

        var outcome = await AnswerAsync(pending with { Turn = turn }, reply, run.Signal, abort);

        span?.SetTag("clawdex.outcome", outcome.ToString());
        Measure(pending, reply, outcome);
    }

    private async Task<TurnOutcome> AnswerAsync(PendingTurn pending, StreamedReply reply, StopSignal stop, CancellationToken abort)
    {
        var turn = pending.Turn;
        try
        {
            if (turn.Answer is { } stored)
                return await DeliverAsync(turn, stored, reply, stop, abort);
            if (pending.IsRecovered && time.GetUtcNow() - turn.AcceptedAt > TooOldAfter)
                return await GiveUpAsync(turn, "too-old", UserTexts.TooOld, AnswerEnd.Interrupted, reply, abort);

            var draft = await AskAsync(turn, reply, stop, abort);
            return (stop.Reason, draft) switch
            {
                (StopReason.Shutdown, _) => await ParkAsync(reply),
                (StopReason.ChatGone, _) => await AbandonAsync(turn, abort),
                (StopReason.User, { HasText: false }) => await GiveUpAsync(turn, "stopped", UserTexts.StoppedBeforeText, AnswerEnd.Cancelled, reply, abort),
                (_, { HasText: false }) => await GiveUpAsync(turn, ErrorOf(draft), NoteOf(draft), draft.End, reply, abort),
                _ => await CompleteAsync(turn, draft, reply, stop, abort),
            };
        }
        catch (SessionException error)
        {
            logger.TurnFailed(turn.Id, error.Failure.ToString(), error);
            return await GiveUpAsync(turn, "sessions", UserTexts.WithReference(Words(error.Failure), Reference), AnswerEnd.Interrupted, reply, abort);
        }
    }

    /// <summary>Lets the model answer into the reply. A conversation that is too long is compacted, once.</summary>
    private async Task<Draft> AskAsync(StoredTurn turn, StreamedReply reply, StopSignal stop, CancellationToken abort)
    {
        try
        {
            var model = await models.OfAsync(turn.Conversation, stop.Token);
            var draft = await StreamAsync(turn, model, reply, stop, abort);
            if (draft is not { HasText: false, Failure.Kind: LlmFailureKind.ContextTooLong })
                return draft;

            return await compaction.RunAsync(turn.Conversation, model, stop.Token) is CompactionResult.Done
                ? await StreamAsync(turn, model, reply, stop, abort) with { WasCompacted = true }
                : draft;
        }
        catch (OperationCanceledException) when (stop.Token.IsCancellationRequested && !abort.IsCancellationRequested)
        {
            return new Draft("", AnswerEnd.Cancelled);
        }
    }

    private async Task<Draft> StreamAsync(StoredTurn turn, string model, StreamedReply reply, StopSignal stop, CancellationToken abort)
    {
        var window = await models.ContextWindowAsync(model, stop.Token);
        var context = await sessions.GetContextAsync(turn.Conversation, turn.Id, window, agent.Value, stop.Token);
        Activity.Current?.SetTag("clawdex.context.messages", context.Messages.Count).SetTag("clawdex.context.dropped", context.DroppedMessages);

        var text = new StringBuilder();
        await foreach (var answer in llm.StreamAsync(model, agent.Value.SystemPrompt, SplitPaste.Joined(context.Messages), stop.Token))
        {
            switch (answer)
            {
                case AnswerEvent.Delta delta:
                    text.Append(delta.Text);
                    await reply.AppendAsync(delta.Text, abort);
                    if (text.Length > LongestAnswer)
                        return new Draft(text.ToString(), AnswerEnd.LengthLimit);
                    break;
                case AnswerEvent.Finished finished:
                    await HearOfShutdownAsync(finished.End is AnswerEnd.Interrupted, stop);
                    return new Draft(text.ToString(), finished.End)
                    {
                        Detail = finished.Detail,
                        Usage = new AnswerUsage(model, finished.PromptTokens, finished.CompletionTokens, context.EstimatedTokens),
                    };
                case AnswerEvent.Failed failed:
                    await HearOfShutdownAsync(failed.Failure.Kind is LlmFailureKind.Unreachable or LlmFailureKind.ProviderDown, stop);
                    return new Draft(text.ToString(), AnswerEnd.Interrupted) { Failure = failed.Failure };
            }
        }

        return new Draft(text.ToString(), AnswerEnd.Interrupted);
    }

    private async Task HearOfShutdownAsync(bool broken, StopSignal stop)
    {
        if (!broken)
            return;
        await Task.Delay(ShutdownLag, time, lifetime.ApplicationStopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (lifetime.ApplicationStopping.IsCancellationRequested)
            stop.Raise(StopReason.Shutdown);
    }

    /// <summary>There is text, complete or cut: it is stored and shown at the same time, and then the turn is settled.</summary>
    private async Task<TurnOutcome> CompleteAsync(StoredTurn turn, Draft draft, StreamedReply reply, StopSignal stop, CancellationToken abort)
    {
        var answer = new Answer(draft.Text, draft.End, NoteOf(draft));
        var stored = sessions.CompleteAsync(turn.Id, answer, draft.Usage, abort);
        await Task.WhenAll(stored, reply.FinishAsync(answer.Note));
        return await SettleAsync(turn, answer, reply, stop, abort);
    }

    /// <summary>The answer was stored before a crash; only the chat does not show all of it.</summary>
    private async Task<TurnOutcome> DeliverAsync(StoredTurn turn, Answer answer, StreamedReply reply, StopSignal stop, CancellationToken abort)
    {
        await reply.AppendAsync(answer.Text, abort);
        await reply.FinishAsync(answer.Note);
        return await SettleAsync(turn, answer, reply, stop, abort);
    }

    private async Task<TurnOutcome> SettleAsync(StoredTurn turn, Answer answer, StreamedReply reply, StopSignal stop, CancellationToken abort)
    {
        if (stop.Reason is StopReason.ChatGone)
            return await AbandonAsync(turn, abort);
        await sessions.SettleAsync(turn.Id, reply.MessageIds, abort);
        return answer.End switch
        {
            AnswerEnd.Cancelled => TurnOutcome.Stopped,
            AnswerEnd.Interrupted => TurnOutcome.Interrupted,
            _ => TurnOutcome.Delivered,
        };
    }

    /// <summary>There is no answer: the user sees why, and then the turn ends. Nothing of it enters the history.</summary>
    private async Task<TurnOutcome> GiveUpAsync(
        StoredTurn turn, string error, string note, AnswerEnd end, StreamedReply reply, CancellationToken abort)
    {
        await reply.FinishAsync(note);
        await sessions.FailAsync(turn.Id, error, end, abort);
        return end is AnswerEnd.Cancelled ? TurnOutcome.Stopped : TurnOutcome.Failed;
    }

    /// <summary>The gateway stops: the turn stays open, and the user reads that its answer is still to come.</summary>
    private static async Task<TurnOutcome> ParkAsync(StreamedReply reply)
    {
        await reply.FinishAsync(UserTexts.Parked);
        return TurnOutcome.Parked;
    }

    /// <summary>Nobody can read an answer: the turn ends quietly.</summary>
    private async Task<TurnOutcome> AbandonAsync(StoredTurn turn, CancellationToken abort)
    {
        await sessions.FailAsync(turn.Id, "chat-gone", AnswerEnd.Interrupted, abort);
        return TurnOutcome.Abandoned;
    }

    private ReplyPlace PlaceOf(StoredTurn turn, StopSignal stop) => new(
        turn.Conversation,
        // In a group others write in between; in a private chat a quote would only be noise.
        turn.Conversation.IsGroup ? turn.OriginMessageId : null,
        turn.ReplyMessageIds,
        (messageIds, cancellationToken) => sessions.RecordReplyAsync(turn.Id, messageIds, cancellationToken),
        () => stop.Raise(StopReason.ChatGone));

    private static string Reference => GatewayTelemetry.Reference(Activity.Current?.Context ?? default);

    private static string Words(SessionFailure failure) => failure switch
    {
        SessionFailure.Away => UserTexts.StorageAway,
        SessionFailure.Full => UserTexts.StorageFull,
        _ => UserTexts.Broken,
    };

    private static string ErrorOf(Draft draft) => draft.Failure?.Kind.ToString() ?? draft.End.ToString();

    private static string NoteOf(Draft draft)
    {
        var note = draft switch
        {
            { Failure: { } failure } => UserTexts.Failure(failure, Reference),
            { End: AnswerEnd.Cancelled } => UserTexts.Stopped,
            { End: AnswerEnd.Complete, HasText: false } => UserTexts.EmptyAnswer,
            { End: AnswerEnd.Complete } => "",
            { Detail.Length: > 0 } => UserTexts.WithReference(draft.Detail, Reference),
            { End: AnswerEnd.LengthLimit } => UserTexts.LengthLimit,
            { End: AnswerEnd.ContentFilter } => UserTexts.ContentFilter,
            _ => UserTexts.WithReference(UserTexts.Interrupted, Reference),
        };
        return draft.WasCompacted ? $"{UserTexts.CompactedOnTheWay}\n{note}".TrimEnd() : note;
    }

    private static Activity? StartSpan(PendingTurn pending) => pending.IsRecovered
        ? GatewayTelemetry.Source.StartActivity(
            "turn", ActivityKind.Internal, default(ActivityContext), links: pending.Trace == default ? [] : [new ActivityLink(pending.Trace)])
        : GatewayTelemetry.Source.StartActivity("turn", ActivityKind.Internal, pending.Trace);

    private void Measure(PendingTurn pending, StreamedReply reply, TurnOutcome outcome)
    {
        var tag = new KeyValuePair<string, object?>("clawdex.outcome", outcome.ToString());
        GatewayTelemetry.Turns.Add(1, tag);
        GatewayTelemetry.TurnDuration.Record(time.GetElapsedTime(pending.ReceivedAt).TotalSeconds, tag);
        GatewayTelemetry.EditsPerReply.Record(reply.Calls, tag);
        if (reply.FirstTextAt is { } firstText)
            GatewayTelemetry.FirstTextDuration.Record(time.GetElapsedTime(pending.ReceivedAt, firstText).TotalSeconds, tag);
    }

    /// <summary>What the model has said when its stream ended.</summary>
    private sealed record Draft(string Text, AnswerEnd End)
    {
        public LlmFailure? Failure { get; init; }

        public string Detail { get; init; } = "";

        public AnswerUsage Usage { get; init; } = new("", 0, 0, 0);

        public bool WasCompacted { get; init; }

        public bool HasText => !string.IsNullOrWhiteSpace(Text);
    }
}

/// <summary>How a turn ended, for telemetry.</summary>
internal enum TurnOutcome
{
    Delivered,
    Stopped,
    Interrupted,
    Failed,

    /// <summary>Left open for the next start.</summary>
    Parked,

    /// <summary>The chat is gone.</summary>
    Abandoned,
}
