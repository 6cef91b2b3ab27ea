using System.Reflection;

namespace Aspire.Hosting;

/// <summary>What the AppHost's build (polyfills/AppHost.targets) recorded in its assembly about projects and where they were built to.</summary>
internal static class ProjectOutputs
{
    private const string OutputKey = "aspireprojectoutput";

    public static string? AppHostDirectory(Assembly? appHost) => Metadata(appHost, "apphostprojectpath").FirstOrDefault();

    /// <summary>The built assembly of a project that the AppHost references, or of any other project in the AppHost's own configuration.</summary>
    public static string Find(Assembly? appHost, string projectPath)
    {
        var recorded = Metadata(appHost, OutputKey)
            .Select(entry => entry.Split('|', 2))
            .FirstOrDefault(entry => string.Equals(Path.GetFullPath(entry[0]), projectPath, StringComparison.OrdinalIgnoreCase));
        if (recorded is [_, var output])
            return output;

        var name = Path.GetFileNameWithoutExtension(projectPath);
        var configuration = appHost?.GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration ?? "Debug";
        var bin = Path.Combine(Path.GetDirectoryName(projectPath) ?? ".", "bin", configuration);
        var newest = Directory.Exists(bin)
            ? Directory.EnumerateFiles(bin, $"{name}.dll", SearchOption.AllDirectories).MaxBy(File.GetLastWriteTimeUtc)
            : null;
        return newest ?? Path.Combine(bin, $"net{Environment.Version.Major}.{Environment.Version.Minor}", $"{name}.dll");
    }

    private static IEnumerable<string> Metadata(Assembly? assembly, string key) =>
        assembly?.GetCustomAttributes<AssemblyMetadataAttribute>().Where(entry => entry.Key == key).Select(entry => entry.Value).OfType<string>() ?? [];
}
