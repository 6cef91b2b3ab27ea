using System.Text.Json;
using Clawdex.AppHost.Configuration;
using Clawdex.AppHost.Running;
using Clawdex.ServiceDefaults.Files;
using Microsoft.Extensions.Configuration;

namespace Clawdex.AppHost.Audit;

/// <summary>
/// The command <c>audit</c>: what is open, a line each, with what to do about it. Starts nothing, asks nobody, changes nothing.
/// </summary>
internal static class AuditCommand
{
    private const string Command = "audit";
    private const string JsonSwitch = "--json";

    /// <param name="args">The command line.</param>
    /// <param name="asJson">Whether it is to be read by a program.</param>
    /// <param name="settings">What belongs to the configuration, which would take the switch for a setting.</param>
    public static bool IsRequested(string[] args, out bool asJson, out string[] settings)
    {
        // Wherever it stands: who asks for an audit does not want a bot.
        var isRequested = args.Any(IsCommand);
        asJson = isRequested && args.Contains(JsonSwitch);
        settings = isRequested ? [.. args.Where(argument => argument != JsonSwitch && !IsCommand(argument))] : args;
        return isRequested;
    }

    /// <returns>The exit code: 0 = nothing is open, 1 = warnings, 2 = something is critical.</returns>
    public static int Run(IConfigurationManager configuration, bool asJson, TextWriter output)
    {
        IReadOnlyList<Finding> findings = [.. Find(configuration, Environment.GetCommandLineArgs(), [.. ConfigurationSources.SecretVariables()])];
        if (asJson)
        {
            output.WriteLine(JsonSerializer.Serialize(findings, FindingJson.Default.IReadOnlyListFinding));
        }
        else
        {
            foreach (var finding in findings)
                output.WriteLine(finding);
            output.WriteLine($"{findings.Count(finding => finding.Severity is Severity.Critical)} critical, {findings.Count(finding => finding.Severity is Severity.Warning)} warnings");
        }

        return (int)findings.Max(finding => finding.Severity);
    }

    /// <param name="configuration">What the host has read.</param>
    /// <param name="arguments">The process's command line.</param>
    /// <param name="secretVariables">Environment variables that hold a secret.</param>
    public static IEnumerable<Finding> Find(IConfigurationManager configuration, IReadOnlyList<string> arguments, IReadOnlyList<string> secretVariables)
    {
        var settings = ClawdexSettings.Load(configuration, arguments, isStarting: false, out var problems);
        var broken = problems.Select(problem => new Finding(Severity.Critical, "settings", problem, "correct it: nothing starts before")).ToList();
        if (settings is null)
            return broken;
        var facts = new AuditFacts(settings, configuration, secretVariables, [.. PrivateFiles.Of(settings).Where(OwnerOnly.IsOpen)]);
        return
        [
            .. broken.Count > 0 ? broken : [new Finding(Severity.Ok, "settings", "every key is known, and every value is one that works")],
            .. Checks.All.SelectMany(check => check(facts)).OrderByDescending(finding => finding.Severity),
        ];
    }

    private static bool IsCommand(string argument) => Command.Equals(argument.TrimStart('-'), StringComparison.OrdinalIgnoreCase);
}
