using System.Globalization;
using System.Text.Json.Nodes;

namespace Clawdex.LlmEmulator.Wire;

/// <summary>The providers' model lists, in their true shape with the oddities that real ones have.</summary>
internal static class ModelLists
{
    private static readonly (string Id, string Name, int Input, int Output)[] Gemini =
    [
        ("gemini-2.5-flash", "Gemini 2.5 Flash", 1_048_576, 65_536),
        ("gemini-2.5-pro", "Gemini 2.5 Pro", 1_048_576, 65_536),
        ("gemini-2.5-flash-lite", "Gemini 2.5 Flash-Lite", 1_048_576, 65_536),
        ("gemini-3.8-flash", "Gemini 3.8 Flash", 1_048_576, 65_536),
        ("gemini-flash-latest", "Gemini Flash Latest", 1_048_576, 65_536),
    ];

    private static readonly (string Id, string Name, int? Context, int? Output)[] OpenRouter =
    [
        ("anthropic/claude-sonnet-4-20250514", "Anthropic: Claude Sonnet 4", 200_000, 64_000),
        ("openai/gpt-4o", "OpenAI: GPT-4o", 128_000, 16_384),
        ("openai/gpt-4o-mini", "OpenAI: GPT-4o-mini", 128_000, 16_384),
        ("meta-llama/llama-4-maverick", "Meta: Llama 4 Maverick", 1_048_576, 16_384),
        ("meta-llama/llama-4-maverick:free", "Meta: Llama 4 Maverick (free)", 128_000, 4_028),
        ("mistralai/mistral-small-3.2-24b-instruct", "Mistral: Mistral Small 3.2 24B", 131_072, null),
        ("openrouter/auto", "Auto Router", null, null),
    ];

    /// <summary>One page of <c>GET /v1beta/models</c>. The page token is the number of entries before it.</summary>
    public static JsonObject GeminiPage(int pageSize, string? pageToken)
    {
        var entries = Gemini
            .Select(model => GeminiModel(model.Id, model.Name, model.Input, model.Output, "generateContent"))
            .Append(GeminiModel("gemini-embedding-001", "Gemini Embedding 001", 2048, 1, "embedContent"))
            .Append(new JsonObject { ["displayName"] = "An entry without a name, as once seen live" })
            .ToList();
        var start = int.TryParse(pageToken, CultureInfo.InvariantCulture, out var parsed) ? Math.Clamp(parsed, 0, entries.Count) : 0;
        var end = Math.Min(entries.Count, start + Math.Clamp(pageSize, 1, 1000));
        var page = new JsonObject { ["models"] = new JsonArray([.. entries[start..end]]) };
        if (end < entries.Count)
            page["nextPageToken"] = end.ToString(CultureInfo.InvariantCulture);
        return page;
    }

    /// <summary><c>GET /api/v1/models</c>.</summary>
    public static JsonObject OpenRouterList() => new()
    {
        ["data"] = new JsonArray([.. OpenRouter.Select(OpenRouterModel)]),
    };

    private static JsonObject GeminiModel(string id, string name, int input, int output, string method) => new()
    {
        ["name"] = $"models/{id}",
        ["version"] = "001",
        ["displayName"] = name,
        ["inputTokenLimit"] = input,
        ["outputTokenLimit"] = output,
        ["supportedGenerationMethods"] = new JsonArray(method, "countTokens"),
    };

    private static JsonObject OpenRouterModel((string Id, string Name, int? Context, int? Output) model) => new()
    {
        ["id"] = model.Id,
        ["canonical_slug"] = model.Id,
        ["name"] = model.Name,
        ["context_length"] = model.Context,
        ["architecture"] = new JsonObject { ["input_modalities"] = new JsonArray("text"), ["output_modalities"] = new JsonArray("text") },
        ["pricing"] = new JsonObject
        {
            ["prompt"] = model.Context is null ? "-1" : "0.00000025",
            ["completion"] = model.Id.EndsWith(":free", StringComparison.Ordinal) ? "0" : "1e-6",
        },
        ["top_provider"] = new JsonObject
        {
            ["context_length"] = model.Context,
            ["max_completion_tokens"] = model.Output,
            ["is_moderated"] = false,
        },
        ["supported_parameters"] = new JsonArray("max_tokens", "temperature"),
    };
}
