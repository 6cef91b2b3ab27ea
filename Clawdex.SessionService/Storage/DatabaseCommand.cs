using System.Data.Common;
using Clawdex.SessionService.Storage.Postgres;
using Clawdex.SessionService.Storage.Sqlite;

namespace Clawdex.SessionService.Storage;

/// <summary>
/// What the program does with the database instead of serving it: <c>backup &lt;file&gt;</c> and <c>restore &lt;file&gt;</c> with
/// SQLite, <c>import &lt;file&gt;</c> with PostgreSQL, which takes in a SQLite database.
/// </summary>
/// <param name="File">Empty = it was not named.</param>
internal sealed record DatabaseCommand(string Name, string File)
{
    private const string Backup = "backup", Restore = "restore", Import = "import";

    /// <param name="settings">What belongs to the configuration, which would take <c>/a/path</c> for a setting.</param>
    /// <returns>Null = the program is to serve.</returns>
    public static DatabaseCommand? Parse(string[] args, out string[] settings)
    {
        settings = args;
        if (args is not [Backup or Restore or Import, .. var rest])
            return null;

        settings = rest is [['-', ..], ..] or [] ? rest : rest[1..];
        return new DatabaseCommand(args[0], settings.Length == rest.Length ? "" : rest[0]);
    }

    /// <summary>Does it, says what was done or why it was not, and answers the process's exit code.</summary>
    public async Task<int> RunAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        try
        {
            if (File.Length == 0)
                throw new IOException($"usage: Clawdex.SessionService {Name} <file> [--sessions:dataDirectory=<folder>]");

            var file = Path.GetFullPath(File);
            await Console.Out.WriteLineAsync(await RunAsync(services, file, cancellationToken));
            return 0;
        }
        catch (Exception exception) when (DatabaseErrors.CauseOf(exception) is DbException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(DatabaseErrors.CauseOf(exception).Message);
            return 1;
        }
    }

    private async Task<string> RunAsync(IServiceProvider services, string file, CancellationToken cancellationToken)
    {
        var database = services.GetService<DatabaseFile>();
        if (database?.Problem is { } problem)
            throw new IOException(problem);
        return (Name, database) switch
        {
            (Import, null) => await services.GetRequiredService<SqliteImport>().RunAsync(file, Console.Out, cancellationToken),
            (Import, _) => throw new IOException("import takes a SQLite database into PostgreSQL: set ConnectionStrings:sessions to Host=..."),
            (_, null) => throw new IOException($"{Name} is for SQLite; a PostgreSQL database is backed up by pg_dump and restored by pg_restore."),
            (Backup, _) => DatabaseBackup.Run(database, file),
            _ => await DatabaseBackup.RestoreAsync(database, services.GetRequiredService<DatabaseLock>(), file, cancellationToken),
        };
    }
}
