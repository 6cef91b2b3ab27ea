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

    /// <summary>Writes what the resources log to the AppHost's own log, too.</summary>
    public bool EnableResourceLogging { get; set; }

    internal Assembly? Assembly =>
        AssemblyName is null ? Assembly.GetEntryAssembly() : Assembly.Load(AssemblyName);
}
