using Clawdex.AppHost.Configuration;
using Clawdex.ServiceDefaults.Files;
using Clawdex.ServiceDefaults.Settings;

namespace Clawdex.AppHost.Running;

/// <summary>What holds keys or conversations on this machine: no other account needs it.</summary>
internal static class PrivateFiles
{
    /// <summary>Hidden ones as well, but nothing behind a link: that may be somebody else's.</summary>
    private static readonly EnumerationOptions Everything = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };

    /// <summary>
    /// Folders and files, there or not: our own folder with all that is in it, and what the settings name elsewhere. A data folder
    /// elsewhere may be one that others need, such as a shared one: there only the database is ours to close.
    /// </summary>
    public static IEnumerable<string> Of(ClawdexSettings settings)
    {
        var own = UserPath.Expand("~/.clawdex");
        string?[] named = [settings.SecretsFile, Sessions.DatabaseOf(settings), .. SecretFilesOf(settings)];
        IEnumerable<string> inside = Directory.Exists(own) ? Directory.EnumerateFileSystemEntries(own, "*", Everything) : [];
        return inside.Prepend(own).Concat(named.OfType<string>()).Distinct();
    }

    /// <summary>Closes it to the machine's other accounts, and says so where it was open.</summary>
    /// <returns>False: it stays open, and <paramref name="errors"/> says why.</returns>
    public static bool TryCloseToOthers(this IDistributedApplicationBuilder builder, ClawdexSettings settings, TextWriter errors)
    {
        if (builder.ExecutionContext.IsPublishMode)
            return true;
        foreach (var path in Of(settings))
        {
            try
            {
                OwnerOnly.Close(path, errors);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                return ClawdexSettings.Refuse(errors, [$"{path} is open to other accounts of this machine, and this one may not change that: {error.Message}"]);
            }
        }

        return true;
    }

    /// <summary>Files of secrets. Those of a container belong to whoever runs it, and are nobody else's.</summary>
    private static IEnumerable<string> SecretFilesOf(ClawdexSettings settings) =>
        from key in ClawdexKeys.Known.All
        where key.FileOf is not null && settings[key.Name] is not null
        let path = UserPath.Expand((settings[key.Name] ?? "").Trim())
        where !path.StartsWith("/run/secrets/", StringComparison.Ordinal)
        select path;
}
