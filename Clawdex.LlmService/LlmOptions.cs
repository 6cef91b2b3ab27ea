using System.ComponentModel.DataAnnotations;
using Clawdex.ServiceDefaults.Settings;

namespace Clawdex.LlmService;

/// <summary>The service's own settings. The AppHost compiles it too.</summary>
internal sealed class LlmOptions
{
    public const string Section = "llm";

    /// <summary>Seconds that a provider may be silent. An SSE comment breaks the silence; a whole answer has no limit.</summary>
    [Range(1, 3_600)]
    public int IdleTimeoutSeconds { get; set; } = 60;

    /// <summary>
    /// The same before the first word of a model on a server of one's own, such as Ollama, that has not answered for five minutes:
    /// it may have to be loaded.
    /// </summary>
    [Range(1, 3_600)]
    public int LoadTimeoutSeconds { get; set; } = 300;

    /// <summary>How often a request is repeated that failed before its first word.</summary>
    [Range(0, 10)]
    public int RetryAttempts { get; set; } = 3;

    /// <summary>Seconds within which such a repetition must begin, counted from the first attempt.</summary>
    [Range(0, 600)]
    public int RetryBudgetSeconds { get; set; } = 60;

    /// <summary>Asked in this order when the requested model fails before its first word.</summary>
    [ModelName]
    [FormerName("agent:fallbackModels")]
    public string[] FallbackModels { get; set; } = [];

    /// <summary>Where the model catalogue is kept between runs; null = nowhere. A leading <c>~</c> is the user's home.</summary>
    public string? DataDirectory { get; set; }

    /// <summary>Hours between two refreshes of the model catalogue; 0 = never, the built-in table serves.</summary>
    [Range(0, 720)]
    public int CatalogueRefreshHours { get; set; } = 24;

    /// <summary>
    /// <c>OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT</c>, and no key of the section: spans hold what people wrote and what
    /// was answered. Off unless somebody asks for it; docs/telemetry.md says how.
    /// </summary>
    public bool CaptureMessageContent { get; internal set; }

    public TimeSpan IdleTimeout => TimeSpan.FromSeconds(IdleTimeoutSeconds);

    public TimeSpan LoadTimeout => TimeSpan.FromSeconds(LoadTimeoutSeconds);

    public TimeSpan RetryBudget => TimeSpan.FromSeconds(RetryBudgetSeconds);
}
