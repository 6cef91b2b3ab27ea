namespace Clawdex.TelegramEmulator.Control;

/// <summary>A request to the control API that makes no sense; its message says why.</summary>
internal sealed class ControlRefusal(string message) : Exception(message)
{
    /// <summary>The thing that the request names does not exist.</summary>
    public bool IsMissing { get; init; }
}
