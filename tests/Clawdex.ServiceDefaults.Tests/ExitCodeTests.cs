using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Clawdex.ServiceDefaults.Tests;

/// <summary>Who restarts a process that failed must be able to see that it did.</summary>
public sealed class ExitCodeTests
{
    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task A_service_whose_background_work_failed_does_not_end_as_if_all_were_well(bool fails, int code)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        builder.Services.AddHostedService(provider => new Work(provider.GetRequiredService<IHostApplicationLifetime>(), fails));
        var app = builder.Build();

        Assert.Equal(code, await app.RunToEndAsync());
    }

    private sealed class Work(IHostApplicationLifetime lifetime, bool fails) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, lifetime.ApplicationStarted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (fails)
                throw new InvalidOperationException("a bug");
            lifetime.StopApplication();
        }
    }
}
