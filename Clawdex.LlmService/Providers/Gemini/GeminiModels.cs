using System.Text.Json;

namespace Clawdex.LlmService.Providers.Gemini;

/// <summary>Reads a page of <c>GET /v1beta/models</c>: only what can chat, and only entries with a name.</summary>
internal static class GeminiModels
{
    private const string NamePrefix = "models/";
    private const string Method = "generateContent";

    public static ModelPage Read(JsonElement body) => new(
        [.. body.Member("models"u8).Items().Select(ReadModel).OfType<ModelInfo>()],
        body.Text("nextPageToken"u8) is { Length: > 0 } next ? next : null);

    private static ModelInfo? ReadModel(JsonElement model)
    {
        var id = model.Text("name"u8) is { } name && name.StartsWith(NamePrefix, StringComparison.Ordinal) ? name[NamePrefix.Length..] : "";
        var chats = model.Member("supportedGenerationMethods"u8).Items().Any(method => method.Text() == Method);
        return id.Length == 0 || !chats
            ? null
            : new ModelInfo(
                ProviderNames.Gemini,
                id,
                model.Text("displayName"u8) ?? id,
                model.Int("inputTokenLimit"u8) ?? 0);
    }
}
