using System.Diagnostics;
using System.IO.Compression;
using System.Text.Json;
using System.Text.RegularExpressions;
using Clawdex.Testing;

namespace Clawdex.Packages.Tests;

/// <summary>
/// A registry may serve another package than the one that was published: NuGet's own verification tells them apart, because the public
/// gallery signs what it takes in. A lock file would not do: what is restored depends on the machine's platform, since the services are
/// compiled ahead of time, and on the registry (decision 1).
/// </summary>
public sealed partial class SignatureTests : IDisposable
{
    /// <summary>SHA-256 of the certificates with which the gallery signs.</summary>
    private static readonly string[] Gallery =
    [
        "0E5F38F57DC1BCC806D8494F4F90FBCEDD988B46760709CBEEC6F4219AA6157D",
        "5A2901D6ADA3D18260B9C6DFE2133C95D74B9EEF6AE0E5DC334C8454D1477DF4",
        "1F4B311D9ACC115C8DC8018B5A49E00FCE6DA8E2855F9F014CA6F34570BC482D",
    ];

    private static readonly string[] Programs = ["Clawdex.AppHost", "Clawdex.Gateway", "Clawdex.LlmService", "Clawdex.SessionService"];

    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_package_that_the_programs_use_is_the_one_that_was_published()
    {
        var packages = Programs.SelectMany(PackagesOf).Distinct().ToList();

        var (exitCode, said) = await VerifyAsync(packages);

        Assert.True(exitCode == 0, said);
        var signed = Verified().Matches(said).Where(package => Gallery.Any(package.Value.Contains)).ToList();
        Assert.Equal(packages.Count, signed.Count);
        Assert.True(packages.Count > 50, $"only {packages.Count} packages were found");
    }

    [Fact]
    public async Task One_that_was_changed_on_its_way_is_found()
    {
        var changed = _folder["changed.nupkg"];
        File.Copy(TelegramBot, changed);
        using (var package = ZipFile.Open(changed, ZipArchiveMode.Update))
        await using (var added = package.CreateEntry("lib/extra.dll").Open())
            added.WriteByte(1);

        var (exitCode, said) = await VerifyAsync([changed]);

        Assert.NotEqual(0, exitCode);
        Assert.Contains("NU3008", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_somebody_else_has_made_is_found()
    {
        var made = _folder["made.nupkg"];
        using (var published = ZipFile.OpenRead(TelegramBot))
        using (var package = ZipFile.Open(made, ZipArchiveMode.Create))
        {
            foreach (var entry in published.Entries.Where(entry => entry.FullName != ".signature.p7s"))
            {
                await using var from = entry.Open();
                await using var to = package.CreateEntry(entry.FullName).Open();
                await from.CopyToAsync(to, TestContext.Current.CancellationToken);
            }
        }

        var (exitCode, said) = await VerifyAsync([made]);

        Assert.NotEqual(0, exitCode);
        Assert.Contains("NU3004", said, StringComparison.Ordinal);
    }

    private static string TelegramBot => PackagesOf("Clawdex.Gateway").First(path => Path.GetFileName(path).StartsWith("telegram.bot.", StringComparison.Ordinal));

    /// <summary>The files of the packages that a program was restored with.</summary>
    private static IEnumerable<string> PackagesOf(string program)
    {
        using var assets = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, program, "obj", "project.assets.json")));
        var folders = assets.RootElement.GetProperty("packageFolders").EnumerateObject().Select(folder => folder.Name).ToList();
        foreach (var library in assets.RootElement.GetProperty("libraries").EnumerateObject())
        {
            if (library.Value.GetProperty("type").GetString() != "package" || library.Value.GetProperty("path").GetString() is not { } path)
                continue;
            var file = Path.Combine(path, $"{library.Name.Replace('/', '.').ToLowerInvariant()}.nupkg");
            yield return folders.Select(folder => Path.Combine(folder, file)).First(File.Exists);
        }
    }

    private static async Task<(int ExitCode, string Said)> VerifyAsync(IReadOnlyList<string> packages)
    {
        var cancel = TestContext.Current.CancellationToken;
        using var process = Process.Start(new ProcessStartInfo("dotnet", ["nuget", "verify", "--all", .. packages])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["DOTNET_CLI_UI_LANGUAGE"] = "en",
                // Off where .NET does not bring the certificates; it has them for .NET 8 and later.
                ["DOTNET_NUGET_SIGNATURE_VERIFICATION"] = "true",
                ["NUGET_CERT_REVOCATION_MODE"] = "offline",
            },
        }) ?? throw new InvalidOperationException("dotnet could not be started.");
        var errors = process.StandardError.ReadToEndAsync(cancel);
        var said = await process.StandardOutput.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        return (process.ExitCode, said + await errors);
    }

    /// <summary>What is said of one package.</summary>
    [GeneratedRegex("^Verifying .*?(?=^Verifying |\\z)", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Verified();
}
