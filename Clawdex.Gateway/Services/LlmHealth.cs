using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Services;

/// <summary>
/// Whether the LLM service can be reached, and the default model's provider is set up: else nobody gets an answer. A restart passes
/// unnoticed. What a provider says, even that it is down, is an answer of the service.
/// </summary>
internal sealed class LlmHealth(LlmClient llm, IOptions<AgentOptions> agent) : IHealthCheck
{
    /// <summary>Below 100 s together with the time after which a silent service is given up.</summary>
    private static readonly TimeSpan LongestOutage = TimeSpan.FromSeconds(80);

    /// <summary>Whoever asks for the health waits for it.</summary>
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(1);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken)
    {
        // In no trace, as what nobody's message caused.
        Activity.Current = null;
        var model = agent.Value.Model;
        // Turns may not ask the service for hours, and one that stands still is noticed by theirs late.
        var lookup = await llm.AskAsync(model, ProbeTimeout, cancellationToken);
        if (!lookup.IsAvailable)
            return HealthCheckResult.Unhealthy($"The provider of agent:model ({model}) is not configured");
        return llm.AwayFor is { } away && away > LongestOutage
            ? HealthCheckResult.Unhealthy(string.Create(CultureInfo.InvariantCulture, $"The LLM service has not answered for {away.TotalSeconds:0} s"))
            : HealthCheckResult.Healthy();
    }
}
