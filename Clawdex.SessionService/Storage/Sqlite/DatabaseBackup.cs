using Clawdex.ServiceDefaults.Files;
using Microsoft.Data.Sqlite;

namespace Clawdex.SessionService.Storage.Sqlite;

/// <summary>
/// The command <c>backup &lt;file&gt;</c>: a consistent copy of the database in one file, while the service works. It only reads.
/// </summary>
internal static class DatabaseBackup
{
    private const string Command = "backup";

    /// <summary>
    /// True if the arguments ask for a backup: <paramref name="target"/> is the file, empty if it is missing, and
    /// <paramref name="settings"/> is what belongs to the configuration, which would take <c>/a/path</c> for a setting.
    /// </summary>
    public static bool IsRequested(string[] args, out string target, out string[] settings)
    {
        (target, settings) = args switch
        {
            [Command, ['-', ..], ..] => ("", args[1..]),
            [Command, var file, .. var rest] => (file, rest),
            [Command] => ("", []),
            _ => ("", args),
        };
        return args is [Command, ..];
    }

    /// <summary>Copies to <paramref name="file"/>, says what was done, and answers the process's exit code.</summary>
    public static int Run(DatabaseFile database, string file)
    {
        if (file.Length == 0)
            return Fail("usage: Clawdex.SessionService backup <file> [--sessions:dataDirectory=<folder>]");

        var target = Path.GetFullPath(file);
        if (database.Problem is { } problem)
            return Fail(problem);
        if (!File.Exists(database.FullPath))
            return Fail($"There is no database {database.FullPath}.");
        if (File.Exists(target))
            return Fail($"{target} exists already; a backup overwrites nothing.");

        try
        {
            // SQLite copies into an existing file if it is empty.
            OwnerOnly.Open(target, FileMode.CreateNew).Dispose();
            Copy(database, target);
            Console.Out.WriteLine($"Copied {database.FullPath} to {target} ({new FileInfo(target).Length / 1024} KB, checked).");
            return 0;
        }
        catch (Exception exception) when (exception is SqliteException or IOException or UnauthorizedAccessException)
        {
            File.Delete(target);
            return Fail($"No backup was made: {exception.Message}");
        }
    }

    private static void Copy(DatabaseFile database, string target)
    {
        using (var connection = database.OpenForReading())
        {
            using var vacuum = connection.CreateCommand();
            vacuum.CommandText = "VACUUM INTO $target";
            vacuum.CommandTimeout = 0;
            vacuum.Parameters.AddWithValue("$target", target);
            vacuum.ExecuteNonQuery();
        }

        using var copy = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = target, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ConnectionString);
        copy.Open();
        using var check = copy.CreateCommand();
        check.CommandText = "PRAGMA integrity_check(1)";
        if (check.ExecuteScalar() is not "ok")
            throw new IOException("the copy is damaged, and so may be the database.");
    }

    private static int Fail(string problem)
    {
        Console.Error.WriteLine(problem);
        return 1;
    }
}
