using System.Collections.Frozen;
using System.Text.Json;
using Clawdex.LlmService.Providers;

namespace Clawdex.LlmService.Models;

/// <summary>
/// The known models and their limits, in memory. Reads never wait: the built-in table serves until the first refresh, and
/// stays below it, so that a name which the user once chose does not become unknown.
/// </summary>
internal sealed class Catalogue
{
    /// <summary>Tokens assumed for a model that nobody knows: small enough for nearly every one in use.</summary>
    public const int ConservativeContextWindow = 32_768;

    private const string BuiltInResource = "Clawdex.LlmService.Models.models.json";

    private readonly IReadOnlyList<ModelInfo> _builtIn = ReadBuiltIn();
    private volatile Content _content;

    public Catalogue() => _content = Content.Of(_builtIn);

    public ModelInfo? Find(ModelRoute route) => _content.ByName.GetValueOrDefault(route.Name);

    public int ContextWindowOf(ModelRoute route) =>
        Find(route) is { ContextWindow: > 0 and var window } ? window : ConservativeContextWindow;

    /// <summary>Names that the user may have meant, best first.</summary>
    public IReadOnlyList<string> NamesNear(string name, int count) => NearNames.Find(name, _content.Sorted, count);

    /// <summary>Models with <paramref name="query"/> in their name or display name: first those that begin with it.</summary>
    public IReadOnlyList<ModelInfo> Search(string query) =>
    [
        .. _content.Sorted
            .Select(model => (Model: model, Position: PositionOf(query, model)))
            .Where(hit => hit.Position >= 0)
            .OrderBy(hit => hit.Position)
            .Select(hit => hit.Model),
    ];

    /// <summary>Puts what the providers list in place of what they listed before.</summary>
    public void Replace(IEnumerable<ModelInfo> fetched) => _content = Content.Of([.. fetched, .. _builtIn]);

    private static int PositionOf(string query, ModelInfo model)
    {
        var position = model.Name.IndexOf(query, StringComparison.OrdinalIgnoreCase);
        if (position >= 0)
            return position;
        var inDisplayName = model.DisplayName.IndexOf(query, StringComparison.OrdinalIgnoreCase);
        return inDisplayName < 0 ? -1 : ModelResolver.MaxLength + inDisplayName;
    }

    private static IReadOnlyList<ModelInfo> ReadBuiltIn()
    {
        using var stream = typeof(Catalogue).Assembly.GetManifestResourceStream(BuiltInResource)
            ?? throw new InvalidOperationException($"The assembly lacks {BuiltInResource}.");
        return JsonSerializer.Deserialize(stream, CatalogueJson.Default.CatalogueSnapshot)?.Models ?? [];
    }

    private sealed record Content(FrozenDictionary<string, ModelInfo> ByName, IReadOnlyList<ModelInfo> Sorted)
    {
        /// <summary>The first of several models with one name counts.</summary>
        public static Content Of(IEnumerable<ModelInfo> models)
        {
            var byName = new Dictionary<string, ModelInfo>(StringComparer.OrdinalIgnoreCase);
            foreach (var model in models)
                byName.TryAdd(model.Name, model);
            return new Content(
                byName.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase),
                [.. byName.Values.OrderBy(model => model.Name, StringComparer.OrdinalIgnoreCase)]);
        }
    }
}
