using Clawdex.AppHost.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Clawdex.AppHost.Running;

/// <summary>What the system needs when it runs on this machine, besides its resources.</summary>
internal static class LocalRun
{
    public static void RunLocally(this IDistributedApplicationBuilder builder, ClawdexSettings settings)
    {
        if (builder.ExecutionContext.IsPublishMode)
            return;

        ConfigurationSources.DropOverruledElements(settings);
        // First: Aspire's own hosted service, which is in the list already, is done only when all that wait have started.
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IHostedService, ServiceLogs>());
        // On Windows DCP looks for it in the system's store, and there as on macOS developers have a trusted one anyway.
        if (OperatingSystem.IsLinux())
            builder.Services.AddSingleton<IDeveloperCertificateService, OrchestratorCertificate>();
        // Whoever stops the AppHost may start it again at once: it ends after its services, not before them.
        builder.Configuration["DcpPublisher:WaitForResourceCleanup"] ??= "true";
    }
}
