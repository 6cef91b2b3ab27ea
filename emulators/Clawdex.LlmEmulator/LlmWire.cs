using System.Text.Json.Serialization;

namespace Clawdex.LlmEmulator;

/// <summary>Which of the providers' HTTP interfaces a request came over.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LlmWire>))]
public enum LlmWire
{
    /// <summary><c>POST /v1beta/models/{model}:streamGenerateContent?alt=sse</c></summary>
    Gemini,

    /// <summary><c>POST /api/v1/chat/completions</c></summary>
    OpenRouter,

    /// <summary><c>GET /v1beta/models</c></summary>
    GeminiModels,

    /// <summary><c>GET /api/v1/models</c></summary>
    OpenRouterModels,
}
