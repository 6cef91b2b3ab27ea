using Clawdex.ServiceDefaults.Files;
using Microsoft.Data.Sqlite;

namespace Clawdex.SessionService.Storage.Sqlite;

/// <summary>A consistent copy of the database in one file, while the service works. It only reads.</summary>
internal static class DatabaseBackup
{
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

    /// <summary>Writes one consistent moment of a database to a new file, for its owner alone, and checks it. A file that failed is deleted.</summary>
    public static void Copy(string source, string target)
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
