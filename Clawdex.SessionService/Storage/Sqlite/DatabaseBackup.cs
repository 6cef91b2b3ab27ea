using System.Globalization;
using Clawdex.ServiceDefaults.Files;
using Microsoft.Data.Sqlite;

namespace Clawdex.SessionService.Storage.Sqlite;

/// <summary>Copies of the database in one file.</summary>
internal static class DatabaseBackup
{
    // The database's log and its index belong to the file: left beside another one, they would be read as its own.
    private static readonly string[] Parts = ["", "-wal", "-shm"];

    /// <summary>Writes a consistent copy, while the service works. It only reads.</summary>
    /// <returns>What was done.</returns>
    /// <exception cref="IOException">Nothing was done, and the message says why.</exception>
    /// <exception cref="SqliteException">The database cannot be read, or the copy cannot be written.</exception>
    public static string Run(DatabaseFile database, string target)
    {
        if (!File.Exists(database.FullPath))
            throw new IOException($"There is no database {database.FullPath}.");
        if (File.Exists(target))
            throw new IOException($"{target} exists already; a backup overwrites nothing.");

        Copy(database.FullPath, target);
        return $"Copied {database.FullPath} to {target} ({new FileInfo(target).Length / 1024} KB, checked).";
    }

    /// <summary>Puts a copy in the place of the database, while no service works on it. What was there stays beside it.</summary>
    /// <returns>What was done.</returns>
    /// <exception cref="IOException">Nothing was done, and the message says why.</exception>
    /// <exception cref="SqliteException">The backup cannot be read, or the copy cannot be written.</exception>
    public static async Task<string> RestoreAsync(DatabaseFile database, DatabaseLock exclusive, string backup, CancellationToken cancellationToken)
    {
        if (new FileInfo(backup) is { Exists: false } or { Length: 0 })
            throw new IOException($"There is no backup {backup}.");
        if (DatabaseInspection.ProblemOf(new FileInfo(backup)) is { } problem)
            throw new IOException(problem);
        database.CreateFolder();
        if (!await exclusive.TryTakeAsync(cancellationToken))
            throw new IOException($"The session service works on {database.FullPath}. Stop it first.");

        var copy = $"{database.FullPath}.restoring";
        File.Delete(copy);
        Copy(backup, copy);
        var replaced = string.Create(CultureInfo.InvariantCulture, $"{database.FullPath}.replaced-{TimeProvider.System.GetUtcNow():yyyyMMdd-HHmmss}");
        foreach (var part in Parts.Where(part => File.Exists(database.FullPath + part)))
            File.Move(database.FullPath + part, replaced + part);
        File.Move(copy, database.FullPath);
        return $"Restored {database.FullPath} from {backup} ({new FileInfo(database.FullPath).Length / 1024} KB, checked)."
            + (File.Exists(replaced) ? $" What was there is {replaced} now." : "");
    }

    /// <summary>Writes one consistent moment of a database to a new file, for its owner alone, and checks it. A file that failed is deleted.</summary>
    private static void Copy(string source, string target)
    {
        // SQLite copies into an existing file if it is empty.
        OwnerOnly.Open(target, FileMode.CreateNew).Dispose();
        try
        {
            using (var connection = DatabaseFile.OpenForReading(source))
            {
                using var vacuum = connection.CreateCommand();
                vacuum.CommandText = "VACUUM INTO $target";
                vacuum.CommandTimeout = 0;
                vacuum.Parameters.AddWithValue("$target", target);
                vacuum.ExecuteNonQuery();
            }

            using var copy = DatabaseFile.OpenForReading(target);
            using var check = copy.CreateCommand();
            check.CommandText = "PRAGMA integrity_check(1)";
            if (check.ExecuteScalar() is not "ok")
                throw new IOException($"The copy of {source} is damaged, and so may be the database.");
        }
        catch
        {
            File.Delete(target);
            throw;
        }
    }
}
