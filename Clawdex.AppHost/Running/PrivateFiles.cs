using Clawdex.AppHost.Configuration;
using Clawdex.ServiceDefaults.Files;
using Clawdex.ServiceDefaults.Settings;

namespace Clawdex.AppHost.Running;

/// <summary>What holds keys or conversations on this machine: no other account needs it.</summary>
internal static class PrivateFiles
{
    /// <summary>The folders and files, there or not.</summary>
    public static IReadOnlyList<string> Of(ClawdexSettings settings)
    {
        var own = UserPath.Expand("~/.clawdex");
        // A data folder elsewhere may be one that others need, such as a shared one: there only the database is ours to close.
        var folder = settings.DataDirectory.StartsWith($"{own}{Path.DirectorySeparatorChar}", StringComparison.Ordinal) ? settings.DataDirectory : null;
        return [.. ((string?[])[own, settings.SecretsFile, folder, Sessions.DatabaseOf(settings)]).OfType<string>()];
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
}
