using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Clawdex.ServiceDefaults.Tests;

/// <summary>What gets into traces, and what health endpoints say.</summary>
public sealed class TraceTests
{
    private static readonly ActivitySource Source = new("Clawdex.Test");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Health_probes_and_HTTP_requests_of_nobody_leave_no_trace()
    {
        await using var service = await NewService.StartAsync(
            services => services.AddHttpClient("background"), app => app.MapGet("/page", () => Results.Ok()), Cancel);
        var client = service.Services.GetRequiredService<IHttpClientFactory>().CreateClient("background");
        Activity.Current = null;

        await service.Http.GetAsync(Extensions.HealthPath, Cancel);
        await service.Http.GetAsync(Extensions.AlivePath, Cancel);
        await client.GetAsync(new Uri(service.Http.BaseAddress!, "/page"), Cancel);
        using (Source.StartActivity("message"))
            await client.GetAsync(new Uri(service.Http.BaseAddress!, "/page"), Cancel);
        var spans = (await service.ExportedAsync()).Spans;
        Assert.Equal(["Clawdex.Test", "Microsoft.AspNetCore", "System.Net.Http"], spans.Select(span => span.Source).Order());
        Assert.Single(spans.Select(span => span.TraceId).Distinct());
    }

    [Theory]
    [InlineData("")]
    [InlineData("always_on")]
    public async Task A_caller_that_wants_no_trace_gets_none(string sampler)
    {
        await using var service = await NewService.StartAsync(_ => { }, app => app.MapGet("/page", () => Results.Ok()), Cancel, ("OTEL_TRACES_SAMPLER", sampler));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/page");
        request.Headers.Add("traceparent", $"00-{ActivityTraceId.CreateRandom()}-{ActivitySpanId.CreateRandom()}-00");

        await service.Http.SendAsync(request, Cancel);

        Assert.Empty((await service.ExportedAsync()).Spans);
    }

    [Fact]
    public async Task A_health_answer_names_the_check_that_fails_and_why_but_no_exception()
    {
        await using var service = await NewService.StartAsync(
            services => services.AddHealthChecks()
                .AddCheck("disk", () => HealthCheckResult.Unhealthy("The disk is full"))
                .AddCheck("secretive", () => throw new InvalidOperationException("private")),
            _ => { },
            Cancel);

        var answer = await service.Http.GetAsync(Extensions.HealthPath, Cancel);

        Assert.Equal(503, (int)answer.StatusCode);
        Assert.Equal(
            """{"status":"Unhealthy","checks":{"self":{"status":"Healthy"},"disk":{"status":"Unhealthy","description":"The disk is full"},"secretive":{"status":"Unhealthy"}}}""",
            await answer.Content.ReadAsStringAsync(Cancel));
    }
}
