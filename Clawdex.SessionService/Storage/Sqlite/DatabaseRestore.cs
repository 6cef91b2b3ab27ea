using System.Globalization;

namespace Clawdex.SessionService.Storage.Sqlite;

/// <summary>Puts a backup in the place of the database, while no service works on it. What was there stays beside it.</summary>
internal static class DatabaseRestore
{
    // The database's log and its index belong to the file: left beside another one, they would be read as its own.
    private static readonly string[] Parts = ["", "-wal", "-shm"];

    /// <returns>What was done.</returns>
    /// <exception cref="IOException">Nothing was done, and the message says why.</exception>
    /// <exception cref="Microsoft.Data.Sqlite.SqliteException">The backup cannot be read, or the copy cannot be written.</exception>
    public static async Task<string> RunAsync(DatabaseFile database, DatabaseLock exclusive, string backup, CancellationToken cancellationToken)
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
        DatabaseBackup.Copy(backup, copy);
        var replaced = string.Create(CultureInfo.InvariantCulture, $"{database.FullPath}.replaced-{TimeProvider.System.GetUtcNow():yyyyMMdd-HHmmss}");
        foreach (var part in Parts.Where(part => File.Exists(database.FullPath + part)))
            File.Move(database.FullPath + part, replaced + part);
        File.Move(copy, database.FullPath);
        return $"Restored {database.FullPath} from {backup} ({new FileInfo(database.FullPath).Length / 1024} KB, checked)."
            + (File.Exists(replaced) ? $" What was there is {replaced} now." : "");
    }
}
