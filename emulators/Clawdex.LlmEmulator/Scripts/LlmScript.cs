namespace Clawdex.LlmEmulator.Scripts;

/// <summary>
/// What the emulator does instead of its default reply, for the next request that it fits. Scripts are taken in the order in
/// which they were queued.
/// </summary>
public sealed record LlmScript
{
    public required IReadOnlyList<ScriptStep> Steps { get; init; }

    /// <summary>The wire that it waits for; null = whichever chat wire asks next.</summary>
    public LlmWire? Wire { get; init; }

    /// <summary>A text that the last user message must contain; null = any.</summary>
    public string? WhenMessageContains { get; init; }

    /// <summary>How many requests it answers, 1 or more.</summary>
    public int Times { get; init; } = 1;

    /// <summary>Exactly these steps.</summary>
    public static LlmScript Of(params IReadOnlyList<ScriptStep> steps) => new() { Steps = steps };

    /// <summary>A regular answer in these pieces.</summary>
    public static LlmScript Reply(params IReadOnlyList<string> pieces) =>
        new() { Steps = [.. pieces.Select(piece => new ScriptStep.Text(piece)), new ScriptStep.Finish()] };

    /// <summary>An HTTP answer that is no event stream.</summary>
    public static LlmScript Respond(int status, string body, params IReadOnlyList<(string Name, string Value)> headers) =>
        Of(new ScriptStep.Respond(status, body, headers.ToDictionary(header => header.Name, header => header.Value)));

    /// <summary>An event stream of exactly these bytes.</summary>
    public static LlmScript Raw(string text) => Of(new ScriptStep.Raw(text));

    /// <summary>The same script for one wire only.</summary>
    public LlmScript On(LlmWire wire) => this with { Wire = wire };

    internal bool Fits(LlmWire wire, string lastUserMessage) =>
        (Wire ?? (wire is LlmWire.Gemini or LlmWire.OpenRouter ? wire : null)) == wire
        && (WhenMessageContains is null || lastUserMessage.Contains(WhenMessageContains, StringComparison.OrdinalIgnoreCase));
}
