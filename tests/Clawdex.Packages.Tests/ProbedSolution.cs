using System.Diagnostics;
using System.IO.Compression;
using System.Reflection;
using System.Text.RegularExpressions;
using Clawdex.Testing;

namespace Clawdex.Packages.Tests;

/// <summary>What a restore printed, and how it ended.</summary>
internal sealed record RestoreResult(int ExitCode, string Text)
{
    public string[] Lines => Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>
/// A copy of this repository's probe around one small project, with a package feed and a package cache of its own.
/// </summary>
internal sealed partial class ProbedSolution
{
    public static readonly string[] Toolkit =
        ["CommunityToolkit.Aspire.Hosting.Sqlite", "CommunityToolkit.Aspire.Microsoft.EntityFrameworkCore.Sqlite"];

    private static readonly string StandIns = Path.TrimEndingDirectorySeparator(typeof(ProbedSolution).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().First(entry => entry.Key == "StandInsDirectory").Value ?? "");

    private readonly TemporaryDirectory _folder;
    private readonly List<string> _sources;

    public ProbedSolution(TemporaryDirectory folder)
    {
        _folder = folder;
        _sources = [folder["feed"]];
        foreach (var name in (string[])["feed", "packages", "app", Name])
            Directory.CreateDirectory(folder[name]);

        var root = Path.Combine(StandIns, "..");
        foreach (var file in Directory.EnumerateFiles(root, "Directory.*").Append(Path.Combine(root, "global.json")))
            File.Copy(file, folder[Path.GetFileName(file)]);
        // Analyzers are in no feed of these tests.
        var versions = folder["Directory.Packages.props"];
        File.WriteAllLines(versions, File.ReadAllLines(versions).Where(line => !line.Contains("<GlobalPackageReference", StringComparison.Ordinal)));
        foreach (var file in Directory.EnumerateFiles(StandIns))
            File.Copy(file, folder[Path.Combine(Name, Path.GetFileName(file))]);

        WriteProject("app/App.csproj", $"""<ItemGroup><PackageReference Include="{Toolkit[0]}" /></ItemGroup>""");
        WriteProject($"{Name}/{Toolkit[0]}/{Toolkit[0]}.csproj", "");
    }

    /// <summary>Whether the stand-ins were chosen, as it was recorded; null when nothing was.</summary>
    public string? Answer => File.Exists(AnswerFile) ? UseStandIns().Match(File.ReadAllText(AnswerFile)).Groups[1].Value : null;

    /// <summary>What the project was restored to.</summary>
    public string Assets => File.ReadAllText(_folder["app/obj/project.assets.json"]).Replace('\\', '/');

    /// <summary>The name of the stand-ins' folder.</summary>
    private static string Name => Path.GetFileName(StandIns);

    private string AnswerFile => _folder[Path.Combine(Name, "obj", "ProbeAnswer.props")];

    /// <summary>Adds an empty package of each id, in the version that this repository asks for.</summary>
    /// <returns>The folder that holds them.</returns>
    public string AddPackages(IEnumerable<string> ids, string feed = "feed")
    {
        var versions = File.ReadAllText(_folder["Directory.Packages.props"]);
        Directory.CreateDirectory(_folder[feed]);
        foreach (var id in ids)
        {
            var version = Regex.Match(versions, $"Include=\"{id}\" Version=\"(.*?)\"").Groups[1].Value;
            using var package = ZipFile.Open(Path.Combine(_folder[feed], $"{id}.{version}.nupkg"), ZipArchiveMode.Create);
            using var specification = new StreamWriter(package.CreateEntry($"{id}.nuspec").Open());
            specification.Write($"""
                <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
                  <metadata><id>{id}</id><version>{version}</version><authors>nobody</authors><description>A dummy.</description></metadata>
                </package>
                """);
        }

        return _folder[feed];
    }

    public void AddUnreachableSource() => _sources.Add("http://127.0.0.1:9/v3/index.json");

    /// <summary>Restores the project as a user would.</summary>
    public async Task<RestoreResult> RestoreAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        await File.WriteAllTextAsync(_folder["nuget.config"], $"""
            <configuration>
              <packageSources>
                <clear />
                {string.Concat(_sources.Select((source, number) => $"""<add key="source{number}" value="{source}" allowInsecureConnections="true" />"""))}
              </packageSources>
            </configuration>
            """, cancellationToken);
        var start = new ProcessStartInfo("dotnet", ["restore", "-tl:off", "--nologo", .. arguments])
        {
            WorkingDirectory = _folder["app"],
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["NUGET_PACKAGES"] = _folder["packages"],
                ["NUGET_ENHANCED_MAX_NETWORK_TRY_COUNT"] = "1",
                ["MSBUILDDISABLENODEREUSE"] = "1",
                ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
            },
        };

        // What this test's own run was given must not choose for the copy.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBuild", StringComparison.Ordinal)).Append("UseStandIns").ToList())
            start.Environment.Remove(name);

        using var process = Process.Start(start) ?? throw new InvalidOperationException("dotnet could not be started.");
        try
        {
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return new RestoreResult(process.ExitCode, output + await errors);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    private void WriteProject(string path, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[path]) ?? "");
        File.WriteAllText(_folder[path], $"""<Project Sdk="Microsoft.NET.Sdk">{content}</Project>""");
    }

    [GeneratedRegex("<UseStandIns>(.*?)<")]
    private static partial Regex UseStandIns();
}
