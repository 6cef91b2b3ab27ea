using System.Text.Json.Serialization;

namespace Clawdex.LlmService.Providers.Gemini;

internal sealed record GeminiRequest(IReadOnlyList<GeminiContent> Contents, GeminiContent? SystemInstruction, GeminiGenerationConfig? GenerationConfig);

internal sealed record GeminiGenerationConfig(int MaxOutputTokens);

/// <param name="Role">"user" or "model"; null for a system instruction.</param>
internal sealed record GeminiContent(string? Role, IReadOnlyList<GeminiPart> Parts);

internal sealed record GeminiPart(string Text);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(GeminiRequest))]
internal sealed partial class GeminiJson : JsonSerializerContext;
