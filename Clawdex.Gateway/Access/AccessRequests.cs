using System.Globalization;
using System.Text;
using Clawdex.Gateway.Telegram;

namespace Clawdex.Gateway.Access;

/// <summary>Strangers of whom the owner was asked whether they may come in, for as long as he has not said.</summary>
internal sealed class AccessRequests
{
    public const int MostPending = 3;

    public const string AllowPrefix = "allow:";
    public const string DenyPrefix = "deny:";

    /// <summary>Letters of a name that the owner is shown.</summary>
    private const int LongestName = 32;

    private const int MostRemembered = 1000;

    private readonly Lock _gate = new();
    private readonly Dictionary<long, string> _pending = [];
    private readonly RecentSet<long> _denied = new(MostRemembered);

    /// <summary>False = the owner was asked already, or has enough to decide.</summary>
    public bool TryAdd(long userId, string name)
    {
        lock (_gate)
            return _pending.Count < MostPending && !_denied.Contains(userId) && _pending.TryAdd(userId, name);
    }

    /// <summary>The owner has said, or could not be asked.</summary>
    /// <param name="isDenied">He is not asked again while this gateway runs.</param>
    /// <returns>The name; null = unknown by now.</returns>
    public string? Remove(long userId, bool isDenied)
    {
        lock (_gate)
        {
            if (isDenied)
                _denied.Add(userId);
            return _pending.Remove(userId, out var name) ? name : null;
        }
    }

    public static IReadOnlyList<Button> ButtonsFor(long userId) =>
    [
        new("Allow", string.Create(CultureInfo.InvariantCulture, $"{AllowPrefix}{userId}")),
        new("Deny", string.Create(CultureInfo.InvariantCulture, $"{DenyPrefix}{userId}")),
    ];

    /// <summary>Whom a button is about, and whether it lets him in. Null = another button.</summary>
    public static (long UserId, bool IsAllowed)? DecisionOf(string buttonData) =>
        UserOf(buttonData, AllowPrefix) is { } allowed ? (allowed, true)
        : UserOf(buttonData, DenyPrefix) is { } denied ? (denied, false)
        : null;

    /// <summary>A name that cannot pretend to be anything else: without what is invisible or changes the direction, and short.</summary>
    public static string Clean(string name)
    {
        var clean = new StringBuilder();
        foreach (var rune in name.EnumerateRunes().Where(IsVisible).Take(LongestName))
            clean.Append(rune);
        return clean.ToString().Trim();
    }

    private static bool IsVisible(Rune rune) => rune != Rune.ReplacementChar && Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    private static long? UserOf(string buttonData, string prefix) =>
        buttonData.StartsWith(prefix, StringComparison.Ordinal)
        && long.TryParse(buttonData.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var userId) && userId > 0
            ? userId
            : null;
}
