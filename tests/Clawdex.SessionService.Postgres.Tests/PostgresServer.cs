using Clawdex.Testing;
using Npgsql;

[assembly: AssemblyFixture(typeof(Clawdex.SessionService.Tests.PostgresServer))]

namespace Clawdex.SessionService.Tests;

/// <summary>The one server of all these tests. Where PostgreSQL is not installed, they are skipped, except on CI.</summary>
public sealed class PostgresServer : IAsyncLifetime
{
    /// <summary>Null = PostgreSQL is not installed.</summary>
    internal static LocalPostgres? Shared { get; private set; }

    /// <summary>Ends every connection at once, as a crash does, and starts the server again on what is on the disk.</summary>
    internal static async Task CrashAsync()
    {
        var server = Shared ?? throw new InvalidOperationException("There is no server.");
        await server.StopAtOnceAsync();
        await server.StartAgainAsync();
    }

    public async ValueTask InitializeAsync()
    {
        if (ExternalTool.Missing(ExternalTool.Postgres) is null)
            Shared = await LocalPostgres.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        if (Shared is not null)
            await Shared.DisposeAsync();
    }
}
