using System.Data.Common;
using Clawdex.ServiceDefaults.Settings;

namespace Clawdex.SessionService;

/// <summary>The section <c>ConnectionStrings</c> of the configuration. The AppHost compiles it too.</summary>
internal sealed class StoreOptions
{
    public const string Section = "ConnectionStrings";

    /// <summary><c>Host=…</c> is a PostgreSQL server, <c>Data Source=…</c> a SQLite file; absent, SQLite in <c>sessions:dataDirectory</c>.</summary>
    [Secret]
    public string? Sessions { get; set; }

    /// <summary>Whether a connection string names a PostgreSQL server. Nothing of its driver is loaded to tell.</summary>
    public static bool NamesPostgres(string? connectionString)
    {
        try
        {
            var parts = new DbConnectionStringBuilder { ConnectionString = connectionString };
            return parts.ContainsKey("Host") || parts.ContainsKey("Server");
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
