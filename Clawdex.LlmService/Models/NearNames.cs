using Clawdex.LlmService.Providers;
using Clawdex.ServiceDefaults.Settings;

namespace Clawdex.LlmService.Models;

/// <summary>Finds the names that somebody who typed a wrong one may have meant.</summary>
internal static class NearNames
{
    /// <summary>More than this share of the letters wrong is another name, not a slip.</summary>
    private const double MostWrong = 0.4;

    public static IReadOnlyList<string> Find(string name, IEnumerable<ModelInfo> models, int count) =>
    [
        .. models
            .Select(model => (model.Name, Distance: Distance(name, model)))
            .Where(candidate => candidate.Distance <= MostWrong)
            .OrderBy(candidate => candidate.Distance)
            .ThenBy(candidate => candidate.Name.Length)
            .ThenBy(candidate => candidate.Name, StringComparer.Ordinal)
            .Take(count)
            .Select(candidate => candidate.Name),
    ];

    /// <summary>0 = equal, 1 = nothing in common; with or without the author before the slash, whichever is nearer.</summary>
    private static double Distance(string typed, ModelInfo model)
    {
        var wanted = Letters(typed);
        var wantedShort = Letters(AfterSlash(typed));
        var full = Letters(model.Name);
        var brief = Letters(AfterSlash(model.Name));
        if (wantedShort.Length >= 3 && full.Contains(wantedShort, StringComparison.Ordinal))
            return 0.1 + 0.1 * (1 - (double)wantedShort.Length / full.Length);
        return Math.Min(Share(wanted, full), Math.Min(Share(wantedShort, brief), Share(wanted, brief)));
    }

    private static string AfterSlash(string name) => name[(name.LastIndexOf('/') + 1)..];

    private static string Letters(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant();

    private static double Share(string left, string right) =>
        left.Length == 0 || right.Length == 0 ? 1 : (double)Edits.Between(left, right) / Math.Max(left.Length, right.Length);
}
