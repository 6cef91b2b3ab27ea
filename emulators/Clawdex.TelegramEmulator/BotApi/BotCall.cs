using System.Globalization;
using System.Text.Json;

namespace Clawdex.TelegramEmulator.BotApi;

/// <summary>
/// One call of a Bot API method. All encodings end up as text: an object or array is its JSON, as the real server sees it.
/// </summary>
/// <param name="Method">As the client spelled it; compared without case.</param>
/// <param name="Aborted">Fires when the client goes away.</param>
internal sealed record BotCall(string Method, IReadOnlyDictionary<string, string> Arguments, CancellationToken Aborted)
{
    /// <summary>When its request had arrived, before anything of it was read.</summary>
    public DateTimeOffset ArrivedAt { get; init; }

    /// <summary>Empty when absent.</summary>
    public string Text(string name) => Arguments.GetValueOrDefault(name, "");

    /// <summary>Out of range is clamped, nonsense is the default, as on the real server.</summary>
    public int Int32(string name, int absent, int min, int max) =>
        long.TryParse(Text(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? (int)Math.Clamp(value, min, max)
            : absent;

    /// <summary>0 when absent or no number.</summary>
    public long Int64(string name) =>
        long.TryParse(Text(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : 0;

    public bool Flag(string name) => IsTrue(Text(name));

    public static bool IsTrue(string value) =>
        value is "1" || value.Equals("true", StringComparison.OrdinalIgnoreCase) || value.Equals("yes", StringComparison.OrdinalIgnoreCase);

    /// <summary>The chat that the call names; 0 when none.</summary>
    public long ChatId => Int64("chat_id");

    /// <summary>The kinds of updates that the bot asks for; null = as before, which is also what nonsense means.</summary>
    public IReadOnlyList<string>? AllowedUpdates()
    {
        try
        {
            return Text("allowed_updates") is { Length: > 0 } json
                ? JsonSerializer.Deserialize(json, BotApiJson.Default.IReadOnlyListString)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
