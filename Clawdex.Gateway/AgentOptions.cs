using System.ComponentModel.DataAnnotations;
using Clawdex.LlmService;
using Clawdex.ServiceDefaults.Settings;

namespace Clawdex.Gateway;

/// <summary>How the assistant answers in a chat that chose nothing itself. The AppHost compiles it too.</summary>
internal sealed class AgentOptions
{
    public const string Section = "agent";

    private const string UsualModel = "gemini/gemini-2.5-flash";

    /// <summary>Model string, such as <c>gemini/gemini-2.5-flash</c> or <c>openai/gpt-4o</c>, or an alias.</summary>
    [ModelName]
    public string Model { get; set => field = string.IsNullOrWhiteSpace(value) ? UsualModel : value; } = UsualModel;

    /// <summary>Short names for models. None can be that of a model at Gemini or OpenRouter; what a local server calls so is hidden by it.</summary>
    [ModelName]
    [ElementNames("(?!default$|gemini-)[a-z0-9][a-z0-9._-]{0,31}", "is no name for an alias: 1 to 32 letters, digits, '.', '_' and '-', and neither 'default' nor 'gemini-…'")]
    public Dictionary<string, string> ModelAliases { get; set; } = [];

    /// <summary>Sent with every request; empty = none.</summary>
    public string SystemPrompt { get; set; } = "You are a helpful assistant.";

    /// <summary>Newest messages that a model is shown.</summary>
    [Range(1, 10_000)]
    public int MaxHistoryMessages { get; set; } = 50;

    /// <summary>Share of a model's context window that a prompt may fill.</summary>
    [Range(1, 100)]
    public int ContextWindowPercent { get; set; } = 80;

    /// <summary>Patterns, in which <c>*</c> is any text, of the models that may be chosen; empty = all that the catalogue knows. The owner may choose any.</summary>
    [RegularExpression(@"\S{1,256}", ErrorMessage = "must be a model's name without spaces, in which * stands for any text")]
    public string[] AllowedModels { get; set; } = [];

    public AgentLimits Limits { get; set; } = new();
}

/// <summary>What answers may cost.</summary>
internal sealed class AgentLimits
{
    /// <summary>Tokens that one user may cost on a day (UTC); 0 = no limit. The owner has none.</summary>
    [Range(0, 2_000_000_000)]
    public int TokensPerUserPerDay { get; set; } = 200_000;

    /// <summary>Tokens that all together may cost on a day (UTC), the owner included; 0 = no limit.</summary>
    [Range(0, 2_000_000_000)]
    public int TokensPerDay { get; set; } = 1_000_000;

    /// <summary>Answers that models are asked for at the same time.</summary>
    [Range(1, 1_000)]
    public int AnswersAtOnce { get; set; } = 8;

    /// <summary>The same for one user.</summary>
    [Range(1, 1_000)]
    public int AnswersAtOncePerUser { get; set; } = 2;

    /// <summary>Tokens that one answer may have, thoughts included.</summary>
    [Range(16, 1_000_000)]
    public int MaxOutputTokens { get; set; } = 8_192;
}
