namespace Clawdex.AppHost.Running;

/// <summary>Files and folders that other accounts of the machine can neither read nor enter.</summary>
internal static class OwnerOnly
{
    private const UnixFileMode File = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Takes away what other accounts may do with a file or folder, and says so. One that is not there is left alone.</summary>
    public static void Close(string path, TextWriter messages)
    {
        if (OperatingSystem.IsWindows() || !Path.Exists(path) || (System.IO.File.GetUnixFileMode(path) & Others) is UnixFileMode.None)
            return;
        System.IO.File.SetUnixFileMode(path, System.IO.File.GetUnixFileMode(path) & ~Others);
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
        Directory.CreateDirectory(path, File | UnixFileMode.UserExecute);
    }

    /// <summary>Opens a file to write to; a new one is nobody else's from the start.</summary>
    public static FileStream Open(string path, FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = File;
        return new FileStream(path, options);
    }
}
