using System.Globalization;
using System.Text;
using Clawdex.Gateway.Telegram;

namespace Clawdex.Gateway.Access;

/// <summary>
/// Strangers of whom the owner was asked whether they may come in, for as long as he has not said, and for a day: whom he leaves
/// unanswered keeps nobody else out. His buttons work all the same.
/// </summary>
internal sealed class AccessRequests(TimeProvider time)
{
    public const int MostPending = 3;

    public static readonly TimeSpan PendingFor = TimeSpan.FromDays(1);

    /// <summary>Letters of a name that the owner is shown.</summary>
    private const int LongestName = 32;

    private const int MostRemembered = 1000;

    private readonly Lock _gate = new();
    private readonly Dictionary<long, (string Name, long AskedAt)> _pending = [];
    private readonly RecentMap<long, bool> _denied = new(MostRemembered);

    /// <summary>False = the owner was asked already, or has enough to decide.</summary>
    public bool TryAdd(long userId, string name)
    {
        lock (_gate)
        {
            foreach (var old in _pending.Where(request => time.GetElapsedTime(request.Value.AskedAt) >= PendingFor).Select(request => request.Key).ToList())
                _pending.Remove(old);
            return _pending.Count < MostPending && !_denied.Contains(userId) && _pending.TryAdd(userId, (name, time.GetTimestamp()));
        }
    }

    /// <summary>The owner has said, or could not be asked.</summary>
    /// <param name="isDenied">He is not asked again while this gateway runs.</param>
    /// <returns>The name; null = unknown by now.</returns>
    public string? Remove(long userId, bool isDenied)
    {
        lock (_gate)
        {
            if (isDenied)
                _denied.TryAdd(userId, true);
            return _pending.Remove(userId, out var request) ? request.Name : null;
        }
    }

    public static IReadOnlyList<Button> ButtonsFor(long userId)
    {
        var payload = userId.ToString(CultureInfo.InvariantCulture);
        return [new Button("Allow", ButtonAction.Allow, payload, null), new Button("Deny", ButtonAction.Deny, payload, null)];
    }

    /// <summary>Whom a button is about.</summary>
    public static long UserOf(Button button) => long.Parse(button.Payload, NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>A name that cannot pretend to be anything else: without what is invisible or changes the direction, and short.</summary>
    public static string Clean(string name) => string.Concat(name.EnumerateRunes().Where(IsVisible).Take(LongestName)).Trim();

    private static bool IsVisible(Rune rune) => rune != Rune.ReplacementChar && Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
