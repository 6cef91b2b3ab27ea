namespace Microsoft.Extensions.Hosting;

/// <summary>How a SQLite context is registered; bound from <c>Aspire:Sqlite:EntityFrameworkCore:Sqlite</c>.</summary>
public sealed class SqliteEntityFrameworkCoreSettings
{
    public string? ConnectionString { get; set; }

    public bool DisableHealthChecks { get; set; }

    /// <summary>Nothing is traced here in any case.</summary>
    public bool DisableTracing { get; set; }
}
