using System.Net.Http.Headers;
using System.Text.Json;

namespace Clawdex.LlmService.Providers;

/// <summary>
/// One provider's HTTP interface: the shape of its requests and the meaning of what it answers. How bytes travel, and what
/// happens when they do not, is the same for all and lives in <see cref="Http.ProviderHttp"/>.
/// </summary>
internal interface IChatProvider
{
    /// <summary>As in <see cref="ProviderNames"/>.</summary>
    string Name { get; }

    /// <summary>The value of <c>gen_ai.provider.name</c> in telemetry.</summary>
    string TelemetryName { get; }

    /// <summary>The provider's address, for telemetry.</summary>
    Uri Address { get; }

    /// <summary>
    /// Whether it can be asked. A key is needed, except by a server on this machine: that is the emulator, or a local one such as
    /// Ollama, llama.cpp or LM Studio.
    /// </summary>
    bool IsConfigured { get; }

    HttpRequestMessage CreateChatRequest(ChatRequest request);

    /// <summary>Reads one event of a stream, notes in <paramref name="answer"/> what it says, and returns its text for the user.</summary>
    string ReadEvent(JsonElement payload, AnswerState answer);

    /// <summary>What an HTTP error means, or an error object inside a stream of status 200.</summary>
    /// <param name="status">0 = inside a stream: the code in the body counts.</param>
    /// <param name="headers">Null for an error inside a stream.</param>
    /// <param name="body">The provider's words, of any kind: JSON, HTML, nothing.</param>
    ProviderFailure ReadError(int status, HttpResponseHeaders? headers, string body);

    /// <param name="page">From <see cref="ModelPage.Next"/>; null = the first page.</param>
    HttpRequestMessage CreateModelsRequest(string? page);

    ModelPage ReadModels(JsonElement body);
}
