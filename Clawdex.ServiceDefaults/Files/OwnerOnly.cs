namespace Clawdex.ServiceDefaults.Files;

/// <summary>Files and folders that other accounts of the machine can neither read nor enter.</summary>
public static class OwnerOnly
{
    private const UnixFileMode ReadAndWrite = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Whether other accounts may do anything with a file or folder. One that is not there is open to nobody.</summary>
    public static bool IsOpen(string path) =>
        !OperatingSystem.IsWindows() && Path.Exists(path) && (File.GetUnixFileMode(path) & Others) is not UnixFileMode.None;

    /// <summary>Takes away what other accounts may do with a file or folder, and says so. One that is not there is left alone.</summary>
    public static void Close(string path, TextWriter messages)
    {
        if (OperatingSystem.IsWindows() || !IsOpen(path))
            return;
        File.SetUnixFileMode(path, File.GetUnixFileMode(path) & ~Others);
        messages.WriteLine($"{path} was open to other accounts of this machine; it is yours alone now.");
    }

    /// <summary>Creates a folder, and those above it; one that exists stays as it is.</summary>
    public static void CreateDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return;
        }

        // One by one, because the system's own call gives the mode to the last one only.
        if (Path.GetDirectoryName(path) is { Length: > 0 } parent && !Directory.Exists(parent))
            CreateDirectory(parent);
        Directory.CreateDirectory(path, ReadAndWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Opens a file to write to; a new one is nobody else's from the start.</summary>
    public static FileStream Open(string path, FileMode mode, FileOptions options = FileOptions.None, FileShare share = FileShare.Read)
    {
        var opening = new FileStreamOptions { Mode = mode, Access = FileAccess.Write, Share = share, Options = options };
        if (!OperatingSystem.IsWindows())
            opening.UnixCreateMode = ReadAndWrite;
        return new FileStream(path, opening);
    }
}
