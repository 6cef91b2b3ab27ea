using System.Reflection;

namespace Aspire.Hosting;

/// <summary>How a <see cref="DistributedApplicationBuilder"/> is made.</summary>
public sealed class DistributedApplicationOptions
{
    /// <summary>The command line.</summary>
    public string[]? Args { get; set; }

    /// <summary>The AppHost's assembly; by default the entry assembly.</summary>
    public string? AssemblyName { get; set; }

    /// <summary>Starts no dashboard.</summary>
    public bool DisableDashboard { get; set; }

    /// <summary>Officially shows on the console what the resources write, which the stand-in does in any case.</summary>
    public bool EnableResourceLogging { get; set; }

    /// <summary>The AppHost runs inside a test: what the resources write goes to its log instead of the console.</summary>
    internal bool RunsInTest { get; set; }

    internal Assembly? Assembly =>
        AssemblyName is null ? Assembly.GetEntryAssembly() : Assembly.Load(AssemblyName);
}
