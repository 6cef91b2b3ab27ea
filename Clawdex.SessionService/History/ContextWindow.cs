using System.Collections.Immutable;
using System.Text;
using Clawdex.ServiceDefaults;
using Clawdex.SessionService.Model;

namespace Clawdex.SessionService.History;

/// <summary>How much may be sent to a model.</summary>
/// <param name="Window">The model's context window in tokens; 0 = unlimited.</param>
/// <param name="Percent">How much of it prompts may fill; the rest is left for the answer.</param>
/// <param name="MaxMessages">Newest messages that are looked at.</param>
internal sealed record ContextLimits(int Window, int Percent, int MaxMessages);

/// <summary>What is sent to a model, and what was left out because it did not fit.</summary>
/// <param name="Summary">Stands for compacted messages, before all others; null = none.</param>
/// <param name="Messages">Oldest first.</param>
/// <param name="DroppedMessages">Messages left out, counting a summary that had to go.</param>
/// <param name="EstimatedTokens">Estimate of system prompt, summary and messages, as the providers count for this session.</param>
internal sealed record FittedContext(
    Compaction? Summary,
    ImmutableArray<Message> Messages,
    int DroppedMessages,
    int EstimatedTokens)
{
    /// <summary>Older messages were left out, for whatever reason.</summary>
    public bool IsCut { get; init; }

    /// <summary>The same, and for the question before none would have been.</summary>
    public bool IsNewlyCut { get; init; }

    /// <summary>When the last message was accepted, or edited; null = there is none.</summary>
    public DateTimeOffset? AcceptedAt { get; init; }

    /// <summary>The session's model; null = the configured default.</summary>
    public string? ModelOverride { get; init; }
}

/// <summary>
/// Cuts a history to fit a model's context window. Pure. The oldest messages go first; the newest user message and what
/// follows it stay, whatever they cost, and so does the summary unless it does not fit even alone beside them. What is left
/// starts with a user's message.
/// </summary>
internal static class ContextWindow
{
    /// <summary>UTF-8 of the messages in one context: what may be sent from service to service, less ample room for all that comes with them.</summary>
    private const int MaxBytes = GrpcServerExtensions.MaxMessageBytes / 8 * 7;

    /// <param name="messages">The conversation behind the summary, oldest first.</param>
    /// <param name="summary">What stands for the compacted messages; null = none.</param>
    /// <param name="systemPrompt">Counted, not stored.</param>
    /// <param name="correction">The session's factor from chars / 4 to tokens.</param>
    /// <param name="limits">What may be sent.</param>
    public static FittedContext Fit(
        ImmutableArray<Message> messages, Compaction? summary, string systemPrompt, double correction, ContextLimits limits)
    {
        var budget = limits.Window == 0 ? double.MaxValue : (double)limits.Window * limits.Percent / 100 / correction;
        var considered = Math.Max(0, messages.Length - limits.MaxMessages);
        var mustKeep = LastOf(MessageRole.User, messages) is >= 0 and var newest ? newest : messages.Length;

        var used = TokenEstimate.Of(systemPrompt) + messages[mustKeep..].Sum(message => (long)message.TokenCount);
        var kept = summary is not null && used + summary.TokenCount <= budget ? summary : null;
        used += kept?.TokenCount ?? 0;

        var first = mustKeep;
        var bytes = messages[mustKeep..].Sum(Bytes);
        while (first > considered && used + messages[first - 1].TokenCount <= budget && (bytes += Bytes(messages[first - 1])) <= MaxBytes)
            used += messages[--first].TokenCount;
        var cutByBudget = first > considered;
        while (first < mustKeep && messages[first].Role != MessageRole.User)
            used -= messages[first++].TokenCount;

        // Behind the limit of messages nothing was looked at, so nothing was dropped.
        var start = cutByBudget ? considered : first;
        var dropsSummary = summary != kept;
        return new FittedContext(
            kept,
            messages[first..],
            first - start + (dropsSummary ? 1 : 0),
            TokenEstimate.Correct(used, correction))
        {
            IsCut = first > 0 || dropsSummary,
        };
    }

    /// <summary>The place of the newest message of that role; -1 = there is none.</summary>
    public static int LastOf(MessageRole role, ImmutableArray<Message> messages)
    {
        var at = messages.Length - 1;
        while (at >= 0 && messages[at].Role != role)
            at--;
        return at;
    }

    private static long Bytes(Message message) => Encoding.UTF8.GetByteCount(message.Content);
}
