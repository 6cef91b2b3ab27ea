using System.Text.Json;

namespace Clawdex.LlmService.Providers.OpenRouter;

/// <summary>Reads a page of <c>GET /api/v1/models</c>. Prices, which come in many spellings, are not read.</summary>
internal static class OpenRouterModels
{
    public static ModelPage Read(JsonElement body) => new(
        [.. body.Member("data"u8).Items().Select(ReadModel).OfType<ModelInfo>()],
        body.Member("links"u8).Text("next"u8) is { Length: > 0 } next ? next : null);

    private static ModelInfo? ReadModel(JsonElement model)
    {
        return model.Text("id"u8) is not { Length: > 0 } id
            ? null
            : new ModelInfo(
                ProviderNames.OpenRouter,
                id,
                model.Text("name"u8) ?? id,
                model.Member("top_provider"u8).Int("context_length"u8) ?? model.Int("context_length"u8) ?? 0);
    }
}
