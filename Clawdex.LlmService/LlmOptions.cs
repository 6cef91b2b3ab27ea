using Clawdex.LlmService.Routing;
using Microsoft.Extensions.Options;

namespace Clawdex.LlmService;

/// <summary>The service's own settings, from the section <c>llm</c>, and the fall-back models of the section <c>agent</c>.</summary>
internal sealed class LlmOptions
{
    /// <summary>Seconds that a provider may be silent. An SSE comment breaks the silence; a whole answer has no limit.</summary>
    public int IdleTimeoutSeconds { get; set; } = 60;

    /// <summary>How often a request is repeated that failed before its first word.</summary>
    public int RetryAttempts { get; set; } = 3;

    /// <summary>Seconds within which such a repetition must begin, counted from the first attempt.</summary>
    public int RetryBudgetSeconds { get; set; } = 60;

    /// <summary>Where the model catalogue is kept between runs; null = nowhere.</summary>
    public string? DataDirectory { get; set; }

    /// <summary>Hours between two refreshes of the model catalogue; 0 = never, the built-in table serves.</summary>
    public int CatalogueRefreshHours { get; set; } = 24;

    /// <summary><c>agent:fallbackModels</c>: asked in this order when the requested model fails before its first word.</summary>
    public IReadOnlyList<string> FallbackModels { get; set; } = [];

    /// <summary>
    /// <c>OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT</c>: spans hold what people wrote and what was answered. Off unless
    /// somebody asks for it; docs/telemetry.md says how.
    /// </summary>
    public bool CaptureMessageContent { get; set; }

    public TimeSpan IdleTimeout => TimeSpan.FromSeconds(IdleTimeoutSeconds);

    public TimeSpan RetryBudget => TimeSpan.FromSeconds(RetryBudgetSeconds);
}

/// <summary>Lists every mistake by its configuration key.</summary>
internal sealed class ValidateLlmOptions : IValidateOptions<LlmOptions>
{
    public ValidateOptionsResult Validate(string? name, LlmOptions options)
    {
        var problems = new List<string>();
        if (options.IdleTimeoutSeconds is < 1 or > 3600)
            problems.Add("llm:idleTimeoutSeconds must be from 1 to 3600.");
        if (options.RetryAttempts is < 0 or > 10)
            problems.Add("llm:retryAttempts must be from 0 to 10.");
        if (options.RetryBudgetSeconds is < 0 or > 600)
            problems.Add("llm:retryBudgetSeconds must be from 0 to 600.");
        if (options.CatalogueRefreshHours is < 0 or > 720)
            problems.Add("llm:catalogueRefreshHours must be from 0 to 720.");
        for (var i = 0; i < options.FallbackModels.Count; i++)
        {
            if (!ModelResolver.TryResolve(options.FallbackModels[i], out _, out var problem))
                problems.Add($"agent:fallbackModels:{i}: {problem}");
        }

        return problems.Count > 0 ? ValidateOptionsResult.Fail(problems) : ValidateOptionsResult.Success;
    }
}
