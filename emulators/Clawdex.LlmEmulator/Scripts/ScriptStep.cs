using System.Text.Json.Serialization;

namespace Clawdex.LlmEmulator.Scripts;

/// <summary>One thing that a scripted answer does. In JSON the kind is named by <c>do</c>, as in <c>{"do":"text","text":"Hi"}</c>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "do")]
[JsonDerivedType(typeof(Respond), "respond")]
[JsonDerivedType(typeof(Text), "text")]
[JsonDerivedType(typeof(Thought), "thought")]
[JsonDerivedType(typeof(Finish), "finish")]
[JsonDerivedType(typeof(Data), "data")]
[JsonDerivedType(typeof(Raw), "raw")]
[JsonDerivedType(typeof(Comment), "comment")]
[JsonDerivedType(typeof(Delay), "delay")]
[JsonDerivedType(typeof(Hold), "hold")]
[JsonDerivedType(typeof(Stall), "stall")]
[JsonDerivedType(typeof(Cut), "cut")]
[JsonDerivedType(typeof(HalfClose), "halfClose")]
public abstract record ScriptStep
{
    private ScriptStep()
    {
    }

    /// <summary>Status line and headers, and a body when there is one. Without this step: 200 and an event stream.</summary>
    public sealed record Respond(int Status, string? Body = null, IReadOnlyDictionary<string, string>? Headers = null) : ScriptStep;

    /// <summary>A piece of the answer as the wire frames it, <paramref name="Count"/> times.</summary>
    public sealed record Text([property: JsonPropertyName("text")] string Value, int Count = 1) : ScriptStep;

    /// <summary>A piece of the model's reasoning, which no user may see.</summary>
    public sealed record Thought([property: JsonPropertyName("text")] string Value) : ScriptStep;

    /// <summary>The regular end: finish reason (null = the wire's "all said"), usage, and <c>[DONE]</c> where the wire has it.</summary>
    public sealed record Finish(string? Reason = null, int PromptTokens = 12, int CompletionTokens = 34) : ScriptStep;

    /// <summary>One event with exactly this payload, in the wire's line endings.</summary>
    public sealed record Data(string Payload) : ScriptStep;

    /// <summary>Bytes as they are: <c>text</c> as UTF-8, or <paramref name="Base64"/>; flushed at once.</summary>
    public sealed record Raw([property: JsonPropertyName("text")] string? Content = null, string? Base64 = null) : ScriptStep;

    /// <summary>A comment line, <c>: OPENROUTER PROCESSING</c> by default.</summary>
    public sealed record Comment([property: JsonPropertyName("text")] string Value = "OPENROUTER PROCESSING") : ScriptStep;

    /// <summary>Silence for a while.</summary>
    public sealed record Delay(int Milliseconds) : ScriptStep;

    /// <summary>Silence until <c>POST /emulator/release/{name}</c> or <see cref="LlmEmulatorHost.Release"/>.</summary>
    public sealed record Hold(string Name) : ScriptStep;

    /// <summary>Silence until the client goes away.</summary>
    public sealed record Stall : ScriptStep;

    /// <summary>The connection breaks.</summary>
    public sealed record Cut : ScriptStep;

    /// <summary>The server ends its side of the connection in the middle of the answer and keeps reading.</summary>
    public sealed record HalfClose : ScriptStep;
}
