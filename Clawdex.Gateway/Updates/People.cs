using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Updates;

/// <summary>Whom the bot serves, and whom it has turned away lately: once an hour each, so that nobody can make it chatter.</summary>
internal sealed class People(IOptions<TelegramOptions> options, TimeProvider time)
{
    private static readonly TimeSpan RefusalEvery = TimeSpan.FromHours(1);
    private const int MostRemembered = 10_000;

    private readonly HashSet<long> _allowed = [.. options.Value.AllowedUsers];
    private readonly Lock _gate = new();
    private readonly RecentMap<long, long> _refusedAt = new(MostRemembered);

    /// <param name="userId">Null = nobody in particular; allowed only where everyone is.</param>
    public bool Allows(long? userId) => _allowed.Count == 0 || userId is { } id && _allowed.Contains(id);

    /// <summary>Who pays; null = nobody is known.</summary>
    public long? Owner => options.Value.AllowedUsers is [var first, ..] ? first : null;

    /// <param name="userId">Null = nobody in particular.</param>
    public bool IsOwner(long? userId) => Owner is not { } owner || userId == owner;

    /// <summary>Whether it is time to tell this stranger.</summary>
    public bool ShouldRefuse(long? userId)
    {
        if (userId is not { } id)
            return false;
        lock (_gate)
        {
            if (_refusedAt.TryGet(id, out var last) && time.GetElapsedTime(last) < RefusalEvery)
                return false;
            _refusedAt.Set(id, time.GetTimestamp());
            return true;
        }
    }
}
