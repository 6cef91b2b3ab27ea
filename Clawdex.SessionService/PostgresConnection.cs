using System.Net;
using Npgsql;

namespace Clawdex.SessionService;

/// <summary>A PostgreSQL server's connection string, as it is used. The AppHost compiles it too, so that it refuses what the service refuses.</summary>
internal static class PostgresConnection
{
    /// <summary>Why it cannot be read, without repeating it; null = it can.</summary>
    public static string? ProblemOf(string configured) => Parse(configured, out var problem) is null ? problem : null;

    /// <summary>Null = it cannot be read.</summary>
    public static NpgsqlConnectionStringBuilder? Parse(string configured, out string? problem)
    {
        problem = null;
        try
        {
            var connection = new NpgsqlConnectionStringBuilder(configured);
            // The driver's own choice is to encrypt where the server offers it, so that whoever stands between decides.
            if (LeavesThisMachine(connection) && !connection.ShouldSerialize("SSL Mode"))
                connection.SslMode = SslMode.Require;
            return connection;
        }
        catch (ArgumentException error)
        {
            // It names the key that it does not know, or whose value it cannot read; never a value.
            problem = error.Message;
            return null;
        }
    }

    /// <summary>Whether one of its servers is on another machine.</summary>
    public static bool LeavesThisMachine(NpgsqlConnectionStringBuilder connection) =>
        (connection.Host ?? "localhost").Split(',').Any(host => !IsLocal(host.Trim()));

    /// <summary>Whether one of its servers is reached by a socket of this machine.</summary>
    public static bool UsesSocket(NpgsqlConnectionStringBuilder connection) => (connection.Host ?? "").Split(',').Any(host => IsSocket(host.Trim()));

    private static bool IsLocal(string host) =>
        IsSocket(host)
        || (IPAddress.TryParse(host, out var ip) ? IPAddress.IsLoopback(ip) : Uri.TryCreate($"tcp://{host}", UriKind.Absolute, out var url) && url.IsLoopback);

    /// <summary>A folder is that of a socket, as is a name that begins with @.</summary>
    private static bool IsSocket(string host) => host is ['/' or '@', ..];
}
