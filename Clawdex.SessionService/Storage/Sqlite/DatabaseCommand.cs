using Microsoft.Data.Sqlite;

namespace Clawdex.SessionService.Storage.Sqlite;

/// <summary>What the program does with the database instead of serving it: <c>backup &lt;file&gt;</c> or <c>restore &lt;file&gt;</c>.</summary>
/// <param name="File">Empty = it was not named.</param>
internal sealed record DatabaseCommand(string Name, string File)
{
    private const string Backup = "backup", Restore = "restore";

    /// <param name="settings">What belongs to the configuration, which would take <c>/a/path</c> for a setting.</param>
    /// <returns>Null = the program is to serve.</returns>
    public static DatabaseCommand? Parse(string[] args, out string[] settings)
    {
        settings = args;
        if (args is not [Backup or Restore, .. var rest])
            return null;

        settings = rest is [['-', ..], ..] or [] ? rest : rest[1..];
        return new DatabaseCommand(args[0], settings.Length == rest.Length ? "" : rest[0]);
    }

    /// <summary>Does it, says what was done or why it was not, and answers the process's exit code.</summary>
    public async Task<int> RunAsync(DatabaseFile database, DatabaseLock exclusive, CancellationToken cancellationToken)
    {
        try
        {
            if (File.Length == 0)
                throw new IOException($"usage: Clawdex.SessionService {Name} <file> [--sessions:dataDirectory=<folder>]");
            if (database.Problem is { } problem)
                throw new IOException(problem);

            var file = Path.GetFullPath(File);
            Console.Out.WriteLine(Name is Backup ? DatabaseBackup.Run(database, file) : await DatabaseRestore.RunAsync(database, exclusive, file, cancellationToken));
            return 0;
        }
        catch (Exception exception) when (exception is SqliteException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(exception.Message);
            return 1;
        }
    }
}
