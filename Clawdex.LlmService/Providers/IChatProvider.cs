using System.Net.Http.Headers;
using System.Text.Json;

namespace Clawdex.LlmService.Providers;

/// <summary>
/// One provider's HTTP interface: the shape of its requests and the meaning of what it answers. How bytes travel, and what
/// happens when they do not, is the same for all and lives in <see cref="Http.ProviderClient"/>.
/// </summary>
internal interface IChatProvider
{
    /// <summary>As in <see cref="ProviderNames"/>.</summary>
    string Name { get; }

    /// <summary>For sentences: "Gemini".</summary>
    string DisplayName { get; }

    /// <summary>The value of <c>gen_ai.provider.name</c> in telemetry.</summary>
    string TelemetryName { get; }

    /// <summary>The provider's address, for telemetry.</summary>
    Uri Address { get; }

    /// <summary>Why it cannot be asked as it is configured; null when it can.</summary>
    ProviderFailure? NotConfigured { get; }

    HttpRequestMessage CreateChatRequest(ChatRequest request);

    /// <summary>Reads one event of a stream, notes in <paramref name="answer"/> what it says, and returns its text for the user.</summary>
    string ReadEvent(JsonElement payload, AnswerState answer);

    /// <summary>What an HTTP error means, or an error object inside a stream of status 200.</summary>
    /// <param name="headers">Null for an error inside a stream.</param>
    /// <param name="body">The provider's words, of any kind: JSON, HTML, nothing.</param>
    ProviderFailure ReadError(int status, HttpResponseHeaders? headers, string body, string modelId);

    /// <param name="page">From <see cref="ModelPage.Next"/>; null = the first page.</param>
    HttpRequestMessage CreateModelsRequest(string? page);

    ModelPage ReadModels(JsonElement body);
}
