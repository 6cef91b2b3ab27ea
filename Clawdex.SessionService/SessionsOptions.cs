using System.ComponentModel.DataAnnotations;

namespace Clawdex.SessionService;

/// <summary>The section <c>sessions</c> of the configuration. The AppHost compiles it too.</summary>
internal sealed class SessionsOptions
{
    public const string Section = "sessions";

    /// <summary>Folder of the database, used when no connection string <c>sessions</c> is configured. A leading <c>~</c> is the user's home.</summary>
    public string DataDirectory { get; set; } = "~/.clawdex/data";

    /// <summary>A history that nobody used for so long leaves the memory.</summary>
    [Range(1, 10_080)]
    public int IdleMinutes { get; set; } = 30;

    /// <summary>Memory for histories.</summary>
    [Range(1, 16_384)]
    public int CacheMegabytes { get; set; } = 64;

    /// <summary>What was settled so many days ago is deleted; 0 = never.</summary>
    [Range(0, 36_500)]
    public int RetainDays { get; set; }
}
