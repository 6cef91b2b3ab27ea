namespace Clawdex.ServiceDefaults.Settings;

/// <summary>Paths as people write them in settings.</summary>
public static class UserPath
{
    /// <summary>The user's home folder, even where it does not exist yet.</summary>
    public static string Home { get; } = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);

    /// <summary>The full path. A leading <c>~</c> is the home folder, which no shell has replaced in a file or a quoted variable.</summary>
    /// <remarks>A NUL, which no path can hold, is left out; the setting that holds it is refused.</remarks>
    public static string Expand(string path) =>
        Path.GetFullPath((path == "~" || path.StartsWith("~/", StringComparison.Ordinal) ? $"{Home}{path[1..]}" : path).Replace("\0", "", StringComparison.Ordinal));
}
