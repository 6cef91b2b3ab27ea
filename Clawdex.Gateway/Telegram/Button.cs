namespace Clawdex.Gateway.Telegram;

/// <summary>A button below a message, one per row.</summary>
/// <param name="Data">What a press reports; 1 to 64 bytes.</param>
internal sealed record Button(string Label, string Data);
