using System.Diagnostics;
using System.Text.RegularExpressions;
using OpenTelemetry;

namespace Clawdex.ServiceDefaults;

/// <summary>
/// Keeps spans clean before they are exported: health probes are dropped, and the Telegram bot token, which is part of each
/// Bot API URL, is cut out of <c>url.full</c>.
/// </summary>
internal sealed partial class TraceHygiene : BaseProcessor<Activity>
{
    public override void OnEnd(Activity data)
    {
        if (data.GetTagItem("url.path") is Extensions.HealthPath or Extensions.AlivePath)
            data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;

        if (data.GetTagItem("url.full") is string url && url.Contains("/bot", StringComparison.Ordinal))
            data.SetTag("url.full", Redact(url));
    }

    /// <summary>Replaces the token of a Bot API URL, <c>/bot123:ABC/getMe</c>, by <c>/bot[redacted]/getMe</c>.</summary>
    internal static string Redact(string url) => BotToken().Replace(url, "/bot[redacted]");

    [GeneratedRegex("/bot[^/?#]+")]
    private static partial Regex BotToken();
}
