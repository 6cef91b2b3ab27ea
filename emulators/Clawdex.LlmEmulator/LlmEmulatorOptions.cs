namespace Clawdex.LlmEmulator;

/// <summary>Settings of the emulator, from the configuration section <c>emulator</c> when it runs as a program.</summary>
public sealed class LlmEmulatorOptions
{
    /// <summary>Milliseconds between two words of an unscripted reply; 0 = as fast as possible.</summary>
    public int DelayMs { get; set; } = 40;

    /// <summary>The only accepted Gemini key; null accepts every request, even one without a key.</summary>
    public string? GeminiKey { get; set; }

    /// <summary>The only accepted OpenRouter key; null accepts every request, even one without a key. The control API needs it, too.</summary>
    public string? OpenRouterKey { get; set; }

    /// <summary>A name besides those of this machine that the emulator answers to; empty = none.</summary>
    public string Host { get; set; } = "";

    /// <summary>The clock of delays and recorded times.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;
}
