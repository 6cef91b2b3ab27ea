using System.Net.Http.Json;
using System.Reflection;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Clawdex.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Clawdex.Polyfills.Tests.StandIns;

/// <summary>The service that these tests run, as a project in a folder of the test's own, so that each can have settings of its own.</summary>
internal static class TestService
{
    private const string Name = "Clawdex.Polyfills.Tests.Service";

    /// <summary>The folder of the real project; its name is its project's.</summary>
    private static readonly string Project = Path.GetFullPath(Path.Combine(Projects.Clawdex_Polyfills_Tests_AppHost.ProjectPath, "..", Name));

    /// <summary>Makes the folder and returns the path of its project.</summary>
    public static string In(TemporaryDirectory folder, string? settings = null, string? launchSettings = null)
    {
        var directory = Directory.CreateDirectory(folder["project"]).FullName;
        Directory.CreateSymbolicLink(Path.Combine(directory, "bin"), Path.Combine(Project, "bin"));
        if (settings is not null)
            File.WriteAllText(Path.Combine(directory, "appsettings.json"), settings);
        if (launchSettings is not null)
        {
            Directory.CreateDirectory(Path.Combine(directory, "Properties"));
            File.WriteAllText(Path.Combine(directory, "Properties", "launchSettings.json"), launchSettings);
        }

        return Path.Combine(directory, $"{Name}.csproj");
    }

    /// <summary>A builder as an AppHost has it, but silent, without dashboard and with free ports.</summary>
    public static IDistributedApplicationBuilder NewBuilder(params string[] args)
    {
        var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions
        {
            Args = [.. args, "--DcpPublisher:RandomizePorts=true"],
            AssemblyName = Assembly.GetExecutingAssembly().GetName().Name,
            DisableDashboard = true,
            RunsInTest = true,
        });
        builder.Services.AddLogging(logging => logging.ClearProviders());
        return builder;
    }

    /// <summary>Adds a project by its path, which the build of an AppHost does by a class of its own.</summary>
    public static IResourceBuilder<ProjectResource> AddProject(
        this IDistributedApplicationBuilder builder, string name, string projectPath, bool excludeLaunchProfile = false) =>
        builder.AddProject(name, new ProjectAt(projectPath), options => options.ExcludeLaunchProfile = excludeLaunchProfile);

    public static async Task<Dictionary<string, string>> EnvironmentAsync(HttpClient client, CancellationToken cancellationToken) =>
        await client.GetFromJsonAsync<Dictionary<string, string>>("/environment", cancellationToken) ?? [];

    private sealed record ProjectAt(string ProjectPath) : IProjectMetadata;
}
