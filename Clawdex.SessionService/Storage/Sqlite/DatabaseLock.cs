using Clawdex.ServiceDefaults.Files;

namespace Clawdex.SessionService.Storage.Sqlite;

/// <summary>
/// Keeps a second service off the same database: its cache would not see this one's changes. A lock on a file beside the
/// database, which the operating system releases when the process ends, however it ends.
/// </summary>
internal sealed class DatabaseLock(DatabaseFile database, TimeProvider time) : IDisposable
{
    /// <summary>A predecessor that is just being shut down may hold it for so long.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private FileStream? _file;

    /// <summary>Takes the lock until the process ends. False = another process keeps it.</summary>
    public async Task<bool> TryTakeAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            try
            {
                _file = OwnerOnly.Open(database.FullPath + ".lock", FileMode.OpenOrCreate, share: FileShare.None);
                return true;
            }
            catch (IOException exception) when (IsTaken(exception))
            {
                if (time.GetElapsedTime(started) >= Patience)
                    return false;
            }

            await Task.Delay(Interval, time, cancellationToken);
        }
    }

    public void Dispose() => _file?.Dispose();

    /// <summary>EWOULDBLOCK of Linux and of macOS, and Windows' sharing violation and lock violation. Anything else does not pass by waiting.</summary>
    private static bool IsTaken(IOException exception) =>
        exception.HResult is 11 or 35 or unchecked((int)0x8007_0020) or unchecked((int)0x8007_0021);
}
