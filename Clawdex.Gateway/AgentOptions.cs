using Microsoft.Extensions.Options;

namespace Clawdex.Gateway;

/// <summary>How the assistant answers in a chat that chose nothing itself.</summary>
internal sealed class AgentOptions
{
    public const string Section = "agent";

    /// <summary>Model string, such as <c>gemini/gemini-2.5-flash</c> or <c>openai/gpt-4o</c>.</summary>
    public string Model { get; set; } = "gemini/gemini-2.5-flash";

    /// <summary>Sent with every request; empty = none.</summary>
    public string SystemPrompt { get; set; } = "You are a helpful assistant.";

    /// <summary>Newest messages that a model is shown, 1 to 10,000.</summary>
    public int MaxHistoryMessages { get; set; } = 50;

    /// <summary>Share of a model's context window that a prompt may fill, 1 to 100.</summary>
    public int ContextWindowPercent { get; set; } = 80;
}

/// <summary>Names every problem of <see cref="AgentOptions"/> by its configuration key.</summary>
internal sealed class ValidateAgentOptions : IValidateOptions<AgentOptions>
{
    public ValidateOptionsResult Validate(string? name, AgentOptions options)
    {
        List<string> problems = [];

        if (string.IsNullOrWhiteSpace(options.Model))
            problems.Add("agent:model must name a model, such as gemini/gemini-2.5-flash");
        if (options.MaxHistoryMessages is < 1 or > 10_000)
            problems.Add("agent:maxHistoryMessages must be 1 to 10000");
        if (options.ContextWindowPercent is < 1 or > 100)
            problems.Add("agent:contextWindowPercent must be 1 to 100");

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
