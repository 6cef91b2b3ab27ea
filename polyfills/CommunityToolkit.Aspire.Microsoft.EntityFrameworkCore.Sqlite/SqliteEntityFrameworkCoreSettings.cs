namespace Microsoft.Extensions.Hosting;

/// <summary>How a SQLite context is registered; bound from <c>Aspire:Sqlite:EntityFrameworkCore:Sqlite</c>.</summary>
public sealed class SqliteEntityFrameworkCoreSettings
{
    public string? ConnectionString { get; set; }

    public bool DisableHealthChecks { get; set; }

    /// <summary>The official package reads it, but does not use it, either.</summary>
    public int DefaultTimeout { get; set; }

    /// <summary>Without effect in the stand-in, which adds no tracing of its own.</summary>
    public bool DisableTracing { get; set; }
}
