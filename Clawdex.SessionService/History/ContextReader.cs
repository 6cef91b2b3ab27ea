using System.Collections.Immutable;
using Clawdex.SessionService.Model;
using Clawdex.SessionService.Storage;
using Microsoft.EntityFrameworkCore;

namespace Clawdex.SessionService.History;

/// <summary>Answers what to send to a model for a turn. Reads the cache; the disk only on a miss.</summary>
internal sealed class ContextReader(HistoryCache cache, SessionReader reader)
{
    /// <summary>The fewest messages that are loaded: the usual limit of 50 with room for what queues behind a turn.</summary>
    private const int MinDepth = 64;

    /// <summary>Beyond the messages that are shown: they tell whether older ones are left out now, and were for the question before.</summary>
    private const int Older = 3;

    /// <summary>So far back a turn is searched for; no gateway asks for one that is older.</summary>
    private const int MaxDepth = 16_384;

    /// <param name="turnId">The context ends with this turn's message; 0 = with the newest one.</param>
    /// <param name="systemPrompt">Counted with the rest.</param>
    /// <param name="limits">What may be sent.</param>
    public async ValueTask<Outcome<FittedContext>> GetAsync(
        string sessionKey, long turnId, string systemPrompt, ContextLimits limits, CancellationToken cancellationToken)
    {
        for (var depth = Math.Max(MinDepth, limits.MaxMessages + Older); ; depth *= 2)
        {
            if (await cache.GetAsync(sessionKey, depth, cancellationToken) is not { } history)
            {
                // The chat got a new id in this very moment: its turns went along.
                if (turnId > 0 && await KeyOfAsync(turnId, cancellationToken) is { } movedTo && movedTo != sessionKey)
                    return await GetAsync(movedTo, turnId, systemPrompt, limits, cancellationToken);
                return new Refusal(RefusalKind.NotFound, "There is no such session.");
            }

            var end = turnId == 0 ? history.Tail.Length : EndOf(history, turnId);
            if (end < 0)
                return await OutsideHistoryAsync(history, turnId, systemPrompt, limits, cancellationToken);
            if (end >= limits.MaxMessages + Older || history.IsComplete || depth > MaxDepth)
                return Fit(history, history.Tail[..end], history.Compaction, systemPrompt, limits);
            // Many messages queue behind the turn: look further back.
        }
    }

    /// <summary>The place behind the turn's message in the tail; 0 = further back; -1 = nowhere.</summary>
    private static int EndOf(SessionHistory history, long turnId)
    {
        var id = Message.IdOfUser(turnId);
        for (var i = history.Tail.Length - 1; i >= 0 && history.Tail[i].Id >= id; i--)
        {
            if (history.Tail[i].Id == id)
                return i + 1;
        }

        return history.IsComplete || history.Depth > MaxDepth || history.Tail[0].Id < id ? -1 : 0;
    }

    /// <summary>The session was reset or compacted over this turn's head.</summary>
    private async Task<Outcome<FittedContext>> OutsideHistoryAsync(
        SessionHistory history, long turnId, string systemPrompt, ContextLimits limits, CancellationToken cancellationToken)
    {
        var turn = await reader.QueryAsync(db => db.Turns.SingleOrDefaultAsync(row => row.Id == turnId, cancellationToken));
        if (turn is null || turn.SessionId != history.Session.Id)
            return new Refusal(RefusalKind.NotFound, $"There is no turn {turnId} in this session.");
        if (turn is not { Detached: true, SettledAt: null })
            return new Refusal(RefusalKind.NotAllowed, $"Turn {turnId} is no longer part of the session's context.");

        // A reply that was under way when the session was reset sees nothing but its own question.
        var question = Message.Of(turn, MessageRole.User, turn.DetachedUserText ?? "");
        return Fit(history, [question], summary: null, systemPrompt, limits);
    }

    /// <summary>The key of the turn's session; null = no such turn.</summary>
    private Task<string?> KeyOfAsync(long turnId, CancellationToken cancellationToken) =>
        reader.QueryAsync(db => db.Turns.Where(turn => turn.Id == turnId)
            .Join(db.Sessions, turn => turn.SessionId, session => session.Id, (_, session) => session.SessionKey)
            .SingleOrDefaultAsync(cancellationToken));

    private static FittedContext Fit(
        SessionHistory history, ImmutableArray<Message> messages, Compaction? summary, string systemPrompt, ContextLimits limits)
    {
        var fitted = FitTo(messages.Length);
        return fitted with
        {
            AcceptedAt = messages.IsEmpty ? null : messages[^1].InsertedAt,
            ModelOverride = history.Session.ModelOverride,
            // What stands before the last answer is what the question before was answered with.
            IsNewlyCut = fitted.IsCut && !(ContextWindow.LastOf(MessageRole.Assistant, messages) is > 0 and var end && FitTo(end).IsCut),
        };

        FittedContext FitTo(int end) => ContextWindow.Fit(messages[..end], summary, systemPrompt, history.Session.TokenCorrection, limits);
    }
}
