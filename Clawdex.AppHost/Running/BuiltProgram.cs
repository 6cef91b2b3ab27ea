using System.Globalization;
using System.Reflection;

namespace Clawdex.AppHost.Running;

/// <summary>Starts projects as they were built, because <c>dotnet run</c>, which Aspire starts them by, takes a second and 64 MiB for each.</summary>
internal static class BuiltProgram
{
    /// <summary>
    /// Runs the project's assembly in place of <c>dotnet run --no-build</c>. A debugger, <c>dotnet watch</c> and a deployment start
    /// projects in their own way, and so does everybody when the assembly is not where the SDK puts it.
    /// </summary>
    public static IResourceBuilder<ProjectResource> RunAsBuilt(this IResourceBuilder<ProjectResource> project)
    {
        var builder = project.ApplicationBuilder;
        return builder.ExecutionContext.IsRunMode && builder.Configuration["DOTNET_WATCH"] is null && Find(project.Resource) is { } assembly
            ? project.WithLaunchToolArgs(tool => tool.Args.Add(assembly), KnownLaunchConfigurationTypes.Project, showInCommandLine: false)
            : project;
    }

    /// <summary>
    /// The project's assembly where the SDK puts it, in this AppHost's own configuration, because all projects are built together;
    /// null = there is none.
    /// </summary>
    public static string? Find(ProjectResource project)
    {
        var file = project.GetProjectMetadata().ProjectPath;
        var configuration = typeof(BuiltProgram).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration ?? "Debug";
        var framework = string.Create(CultureInfo.InvariantCulture, $"net{Environment.Version.Major}.0");
        var assembly = Path.Combine(Path.GetDirectoryName(file) ?? "", "bin", configuration, framework, $"{Path.GetFileNameWithoutExtension(file)}.dll");
        return File.Exists(assembly) ? assembly : null;
    }
}
