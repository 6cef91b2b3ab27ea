using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Clawdex.Gateway.Markdown;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Telegram;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Clawdex.Gateway.Replies;

/// <summary>
/// While messages cannot be stored, Telegram keeps them; this tells each chat that waits, once per outage, that its message is
/// not lost. The notice is not left behind: it becomes the message of the answer, or is taken away where other gateways may have
/// answered. So it is sent only where no earlier answer is still to come, which would stand below it.
/// </summary>
internal sealed class WaitingNotices(Notices own, SessionClient sessions, TimeProvider time) : IHealthCheck
{
    /// <summary>Shorter outages pass unnoticed: a restart of the service takes about 2 s.</summary>
    private static readonly TimeSpan FirstPatience = TimeSpan.FromSeconds(5);

    /// <summary>In the midst of an outage, each message is tried for so long each time that it is delivered.</summary>
    private static readonly TimeSpan NextPatience = TimeSpan.FromMilliseconds(500);

    /// <summary>From then on this is unhealthy: below 100 s together with the time after which a silent call is given up.</summary>
    private static readonly TimeSpan LongestOutage = TimeSpan.FromSeconds(80);

    /// <summary>Whoever asks for the health waits for it.</summary>
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(1);

    private static readonly Conversation Nobodys = new(ChatId: 0);

    /// <summary>Telegram delivers 100 updates at most before the first of them is confirmed.</summary>
    private const int MostChats = 1000;

    // Null = being told, or not to be told at all.
    private readonly ConcurrentDictionary<Conversation, int?> _told = new();

    // Since a message was not stored, until one is, or nobody has tried for a minute.
    private readonly Outage _outage = new(time, Outage.NobodyTriesAfter);

    /// <summary>Conversations that have been told, and may have a notice.</summary>
    public IEnumerable<Conversation> Told => _told.Keys;

    /// <summary>How long storing a message may take before its chat is told.</summary>
    public TimeSpan Patience => _outage.Duration is not null ? NextPatience : FirstPatience;

    /// <summary>A message was not stored.</summary>
    public void BeginOutage() => _outage.Begin();

    /// <summary>A message was stored.</summary>
    public void EndOutage() => _outage.End();

    /// <summary>The chat of a message that was not stored hears of it, unless it has already.</summary>
    public async Task TellAsync(InboundMessage message, SessionFailure failure, CancellationToken cancellationToken)
    {
        if (_told.Count >= MostChats || !_told.TryAdd(message.Conversation, null))
            return;

        var notice = TelegramText.Render(UserTexts.Waiting(failure), complete: true)[0];
        // It rings, because it becomes the answer, and edits do not.
        var outcome = await own.SendAsync(message.Conversation, notice, message.MessageId, [], isSilent: false, cancellationToken);
        if (outcome.Status is SendResult.Later)
            _told.TryRemove(message.Conversation, out _);
        else if (outcome.Status is SendResult.Shown && !_told.TryUpdate(message.Conversation, outcome.MessageId, null))
            // Taken before it was there: the message was stored after all, and its answer is under way in a message of its own.
            await own.RemoveAsync(message.Conversation, outcome.MessageId, cancellationToken);
    }

    /// <summary>Takes the conversation's notice away, if there is one.</summary>
    public async Task RemoveAsync(Conversation conversation, CancellationToken cancellationToken)
    {
        if (Take(conversation) is { } messageId)
            await own.RemoveAsync(conversation, messageId, cancellationToken);
    }

    /// <summary>The conversation's notice, if there is one, is the caller's from now on.</summary>
    public int? Take(Conversation conversation) => _told.TryRemove(conversation, out var messageId) ? messageId : null;

    /// <summary>Whether what people write can be stored. A restart of the session service passes unnoticed.</summary>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken)
    {
        // Only messages are stored, and none may come for hours: that the store still does not answer is found out here.
        if (_outage.Duration is not null && !await AnswersAsync(cancellationToken))
            BeginOutage();
        return (_outage.Duration, sessions.AwayFor) switch
        {
            ({ } outage, _) when outage > LongestOutage => Unhealthy($"No message could be stored for {outage.TotalSeconds:0} s"),
            (_, { } away) when away > LongestOutage => Unhealthy($"The session service has not answered for {away.TotalSeconds:0} s"),
            _ => HealthCheckResult.Healthy(),
        };
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        // In no trace, as what nobody's message caused.
        Activity.Current = null;
        using var timeout = new CancellationTokenSource(ProbeTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            await sessions.GetAsync(Nobodys, patience: TimeSpan.Zero, either.Token);
            return true;
        }
        catch (Exception error) when (error is SessionException or OperationCanceledException)
        {
            return false;
        }
    }

    private static HealthCheckResult Unhealthy(FormattableString problem) => HealthCheckResult.Unhealthy(problem.ToString(CultureInfo.InvariantCulture));
}
