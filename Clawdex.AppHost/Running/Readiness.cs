using Clawdex.ServiceDefaults;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Clawdex.AppHost.Running;

/// <summary>Makes <c>/health</c> of a process the condition for whoever waits for it.</summary>
internal static class Readiness
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    /// <summary>How long a process that does not answer yet counts as starting.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly HttpClient Http = LocalCalls.CreateClient();

    /// <summary>
    /// Like <c>WithHttpHealthCheck</c>, but within one check a process is asked until it answers, because Aspire repeats a check
    /// that failed only after 1, 2, 3 s, and that adds up where one waits for another.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithReadiness(this IResourceBuilder<ProjectResource> project)
    {
        var endpoint = project.GetEndpoint("http");
        var name = $"{project.Resource.Name}-health";
        project.ApplicationBuilder.Services.AddHealthChecks().AddAsyncCheck(name, cancellationToken => CheckAsync(endpoint, cancellationToken));
        return project.WithHealthCheck(name);
    }

    private static async Task<HealthCheckResult> CheckAsync(EndpointReference endpoint, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var problem = await ProblemAsync(new Uri(new Uri(endpoint.Url), "/health"), cancellationToken);
            if (problem is null)
                return HealthCheckResult.Healthy();
            if (TimeProvider.System.GetElapsedTime(started) > Patience)
                return HealthCheckResult.Unhealthy(problem);
            await Task.Delay(Look, TimeProvider.System, cancellationToken);
        }
    }

    private static async Task<string?> ProblemAsync(Uri health, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await Http.GetAsync(health, cancellationToken);
            return answer.IsSuccessStatusCode ? null : await answer.Content.ReadAsStringAsync(cancellationToken);
        }
        catch (HttpRequestException error)
        {
            return error.Message;
        }
    }
}
