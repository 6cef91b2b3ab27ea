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
    bool IsConfigured => Key is not null || Address.IsLoopback;

    /// <summary>The key to send; null = none.</summary>
    string? Key { get; }

    /// <summary>It is a server of one's own, which loads a model when somebody asks for it.</summary>
    bool LoadsModels => false;

    HttpRequestMessage CreateChatRequest(ChatRequest request);

    /// <summary>Reads one event of a stream, which may be an error as well, notes in <paramref name="answer"/> what it says, and returns its text for the user.</summary>
    string ReadEvent(JsonElement payload, AnswerState answer);

    /// <param name="page">What the page before it calls the next one; null = the first page.</param>
    HttpRequestMessage CreateModelsRequest(string? page);

    /// <summary>A page of the provider's model list, and what asks for the next one; null = this is the last.</summary>
    (IReadOnlyList<ModelInfo> Models, string? Next) ReadModels(JsonElement body);
}
