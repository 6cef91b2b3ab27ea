using System.Text.Json.Nodes;
using Clawdex.LlmEmulator.Requests;
using Clawdex.LlmEmulator.Scripts;

namespace Clawdex.LlmEmulator.Wire;

/// <summary>What a request says, read from one provider's JSON.</summary>
internal sealed record ParsedRequest(string Model, string SystemPrompt, IReadOnlyList<LlmRequestMessage> Messages);

/// <summary>One provider's way to frame an answer, byte for byte as the real one does.</summary>
internal interface IWireFormat
{
    LlmWire Wire { get; }

    string LineEnd { get; }

    /// <summary>Response headers beside the content type.</summary>
    IReadOnlyDictionary<string, string> Headers { get; }

    /// <summary>What an unscripted stream begins with.</summary>
    IReadOnlyList<ScriptStep> Opening { get; }

    JsonObject Text(string model, string text);

    JsonObject Thought(string model, string text);

    /// <summary>The payloads that end an answer, in order.</summary>
    IEnumerable<string> Finish(string model, string? reason, int promptTokens, int completionTokens);

    /// <summary>An error body with its status code and the wait that the provider would ask for.</summary>
    ErrorAnswer Error(int status, int? retryAfterSeconds);

    /// <summary>The event that reports an error in the middle of a stream.</summary>
    JsonObject MidStreamError(string model);
}

/// <summary>An HTTP error as a provider sends it.</summary>
internal sealed record ErrorAnswer(int Status, string Body, IReadOnlyDictionary<string, string> Headers);
