using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Clawdex.ServiceDefaults.Tests;

/// <summary>The command by which a container that has no shell asks its service.</summary>
public sealed class HealthCommandTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(HealthStatus.Healthy, 0)]
    [InlineData(HealthStatus.Degraded, 0)]
    [InlineData(HealthStatus.Unhealthy, 1)]
    public async Task It_ends_with_what_the_service_says(HealthStatus status, int exitCode)
    {
        await using var service = await NewService.StartAsync(
            services => services.AddHealthChecks().AddCheck("disk", () => new HealthCheckResult(status)), _ => { }, Cancel);

        Assert.Equal(exitCode, await AskAsync(service.Address));
    }

    [Fact]
    public async Task A_service_that_does_not_answer_is_not_healthy()
    {
        var service = await NewService.StartAsync(_ => { }, _ => { }, Cancel);
        await service.DisposeAsync();

        Assert.Equal(1, await AskAsync(service.Address));
    }

    private static Task<int> AskAsync(string address) => HealthCommand.RunAsync(
        new ConfigurationBuilder().AddInMemoryCollection([new("Kestrel:Endpoints:http:Url", address.Replace("127.0.0.1", "+", StringComparison.Ordinal))]).Build());
}
