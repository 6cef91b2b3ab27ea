using System.Globalization;
using Clawdex.Gateway.Services.Lease;
using Clawdex.Gateway.Telegram;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Updates;

/// <summary>
/// The gateway is healthy while updates reach it, because polls are answered or the webhook is registered, and what it writes
/// reaches the chats. A failure or two is not worth an alarm, since the poller gets over it by itself, and a gateway behind
/// another one that answers neither polls nor registers a webhook.
/// </summary>
internal sealed class BotConnectionHealth(
    BotConnection connection, TelegramChat chat, PollAge poll, AnswerLease lease, IOptions<TelegramOptions> options) : IHealthCheck
{
    /// <summary>Three long polls of 30 s.</summary>
    private static readonly TimeSpan PollIsOldAfter = TimeSpan.FromSeconds(90);

    /// <summary>Below 100 s together with the time after which a silent call is given up.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(75);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken) =>
        Task.FromResult(Problem is { } problem
            ? HealthCheckResult.Unhealthy(connection.Failure is { Kind: var kind } ? $"{problem} ({kind})" : problem)
            : HealthCheckResult.Healthy());

    private string? Problem => (connection.Identity, poll.Value) switch
    {
        (null, _) => "Not yet connected to the Bot API",
        _ when chat.AwayFor is { } away && away > LongestSilence =>
            string.Create(CultureInfo.InvariantCulture, $"Nothing that was written has reached a chat for {away.TotalSeconds:0} s"),
        _ when options.Value.UsesWebhook => connection.Failure is null || !lease.IsHeld ? null : "The webhook cannot be registered",
        (_, { } age) when age > PollIsOldAfter && lease.OtherHolder is null =>
            string.Create(CultureInfo.InvariantCulture, $"Telegram has answered no poll for {age.TotalSeconds:0} s"),
        _ => null,
    };
}
