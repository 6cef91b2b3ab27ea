using System.ComponentModel.DataAnnotations;
using Clawdex.ServiceDefaults.Settings;

namespace Clawdex.ServiceDefaults.Calls;

/// <summary>What the services of one deployment know each other by.</summary>
public sealed class CallSettings
{
    public const string Section = "calls";

    /// <summary>Trailer of a refused call: it tells the refusal from a status that a proxy or a model's provider is the cause of.</summary>
    public const string RefusalTrailer = "clawdex-refused";

    /// <summary>
    /// Sent with every call from service to service; a call without it is refused. None = whoever reaches the port may call, which is
    /// for one service that a developer starts alone, and never beyond this machine.
    /// </summary>
    [Secret]
    [RegularExpression("[!-~]{32,}", ErrorMessage = "must have at least 32 characters, without blanks")]
    public string? Secret { get; set; }

    /// <summary>The header of a call that carries it; null = there is none.</summary>
    public string? Bearer => string.IsNullOrWhiteSpace(Secret) ? null : $"Bearer {Secret}";
}
