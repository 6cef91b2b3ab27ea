using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization;
using Clawdex.LlmService.Providers;
using Clawdex.ServiceDefaults.Settings;

namespace Clawdex.LlmService.Models;

/// <summary>
/// The known models and their limits, in memory. Reads never wait: the built-in table serves until the first refresh, and
/// stays below it, so that a name which the user once chose does not become unknown.
/// </summary>
internal sealed class Catalogue
{
    /// <summary>Tokens assumed for a model that nobody knows: small enough for nearly every one in use.</summary>
    public const int ConservativeContextWindow = 32_768;

    /// <summary>More than this share of the letters wrong is another name, not a slip.</summary>
    private const double MostWrong = 0.4;

    private const string BuiltInResource = "Clawdex.LlmService.Models.models.json";

    private readonly IReadOnlyList<ModelInfo> _builtIn = ReadBuiltIn();
    private volatile FrozenDictionary<string, ModelInfo> _byName;

    public Catalogue() => _byName = ByName(_builtIn);

    public ModelInfo? Find(ModelInfo route) => _byName.GetValueOrDefault(route.Name);

    public int ContextWindowOf(ModelInfo route) =>
        Find(route) is { ContextWindow: > 0 and var window } ? window : ConservativeContextWindow;

    /// <summary>Names that somebody who typed a wrong one may have meant, best first; never the name itself.</summary>
    public IReadOnlyList<string> NamesNear(ModelInfo route, int count) =>
    [
        .. _byName.Values
            .Where(model => model.Name != route.Name)
            .Select(model => (model.Name, Distance: Distance(route.Name, model.Name)))
            .Where(candidate => candidate.Distance <= MostWrong)
            .OrderBy(candidate => candidate.Distance)
            .ThenBy(candidate => candidate.Name.Length)
            .ThenBy(candidate => candidate.Name, StringComparer.Ordinal)
            .Take(count)
            .Select(candidate => candidate.Name),
    ];

    /// <summary>Puts what the providers list in place of what they listed before.</summary>
    public void Replace(IEnumerable<ModelInfo> fetched) => _byName = ByName([.. fetched, .. _builtIn]);

    /// <summary>0 = equal, 1 = nothing in common; with or without the author before the slash, whichever is nearer.</summary>
    private static double Distance(string typed, string name)
    {
        var wanted = Letters(typed);
        var wantedShort = Letters(AfterSlash(typed));
        var full = Letters(name);
        var brief = Letters(AfterSlash(name));
        if (wantedShort.Length >= 3 && full.Contains(wantedShort, StringComparison.Ordinal))
            return 0.1 + 0.1 * (1 - (double)wantedShort.Length / full.Length);
        return Math.Min(Share(wanted, full), Math.Min(Share(wantedShort, brief), Share(wanted, brief)));
    }

    private static string AfterSlash(string name) => name[(name.LastIndexOf('/') + 1)..];

    private static string Letters(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant();

    private static double Share(string left, string right) =>
        left.Length == 0 || right.Length == 0 ? 1 : (double)Edits.Between(left, right) / Math.Max(left.Length, right.Length);

    private static IReadOnlyList<ModelInfo> ReadBuiltIn()
    {
        using var stream = typeof(Catalogue).Assembly.GetManifestResourceStream(BuiltInResource)
            ?? throw new InvalidOperationException($"The assembly lacks {BuiltInResource}.");
        return JsonSerializer.Deserialize(stream, CatalogueJson.Default.CatalogueSnapshot)?.Models ?? [];
    }

    /// <summary>The first of several models with one name counts.</summary>
    private static FrozenDictionary<string, ModelInfo> ByName(IReadOnlyList<ModelInfo> models) =>
        models.DistinctBy(model => model.Name, StringComparer.OrdinalIgnoreCase).ToFrozenDictionary(model => model.Name, StringComparer.OrdinalIgnoreCase);
}

/// <summary>The models of one or more providers as they are kept on disk.</summary>
/// <param name="FetchedAt">Null for the table that is built in.</param>
internal sealed record CatalogueSnapshot(DateTimeOffset? FetchedAt, IReadOnlyList<ModelInfo> Models);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CatalogueSnapshot))]
internal sealed partial class CatalogueJson : JsonSerializerContext;
