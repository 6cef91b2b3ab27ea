using System.Diagnostics;
using System.Globalization;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Clawdex.Gateway.Updates;

/// <summary>Whether what people write can be stored. A restart of the session service passes unnoticed.</summary>
internal sealed class StorageHealth(WaitingNotices notices, SessionClient sessions, TimeProvider time) : IHealthCheck
{
    /// <summary>Below 100 s together with the time after which a silent call is given up.</summary>
    private static readonly TimeSpan LongestOutage = TimeSpan.FromSeconds(80);

    /// <summary>Whoever asks for the health waits for it.</summary>
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(1);

    private static readonly Conversation Nobodys = new(ChatId: 0);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken)
    {
        // Only messages are stored, and none may come for hours: that the store still does not answer is found out here.
        if (notices.OutageFor is not null && !await AnswersAsync(cancellationToken))
            notices.BeginOutage();
        return (notices.OutageFor, sessions.AwayFor) switch
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
