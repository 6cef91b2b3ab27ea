using System.ComponentModel.DataAnnotations;
using Clawdex.LlmService;

namespace Clawdex.Gateway;

/// <summary>How the assistant answers in a chat that chose nothing itself. The AppHost compiles it too.</summary>
internal sealed class AgentOptions
{
    public const string Section = "agent";

    /// <summary>Model string, such as <c>gemini/gemini-2.5-flash</c> or <c>openai/gpt-4o</c>.</summary>
    [ModelName]
    public string Model { get; set; } = "gemini/gemini-2.5-flash";

    /// <summary>Sent with every request; empty = none.</summary>
    public string SystemPrompt { get; set; } = "You are a helpful assistant.";

    /// <summary>Newest messages that a model is shown.</summary>
    [Range(1, 10_000)]
    public int MaxHistoryMessages { get; set; } = 50;

    /// <summary>Share of a model's context window that a prompt may fill.</summary>
    [Range(1, 100)]
    public int ContextWindowPercent { get; set; } = 80;
}
