using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Services;

/// <summary>
/// Whether the LLM service can be reached: without it, nobody gets an answer. A restart passes unnoticed. What a provider says,
/// even that it is down, is an answer of the service.
/// </summary>
internal sealed class LlmHealth(LlmClient llm, IOptions<AgentOptions> agent) : IHealthCheck
{
    /// <summary>Below 100 s together with the time after which a silent service is given up.</summary>
    private static readonly TimeSpan LongestOutage = TimeSpan.FromSeconds(80);

    /// <summary>Whoever asks for the health waits for it.</summary>
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(1);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken)
    {
        // Only turns ask the service, and none may do so for hours: that it is back is found out here.
        if (llm.AwayFor is not null)
            await llm.AskAsync(agent.Value.Model, ProbeTimeout, cancellationToken);
        return llm.AwayFor is { } away && away > LongestOutage
            ? HealthCheckResult.Unhealthy(string.Create(CultureInfo.InvariantCulture, $"The LLM service has not answered for {away.TotalSeconds:0} s"))
            : HealthCheckResult.Healthy();
    }
}
