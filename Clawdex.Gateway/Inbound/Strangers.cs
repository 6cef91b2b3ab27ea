using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Inbound;

/// <summary>Whom the bot serves, and whom it has turned away lately: once an hour each, so that nobody can make it chatter.</summary>
internal sealed class Strangers(IOptions<TelegramOptions> options, TimeProvider time)
{
    private static readonly TimeSpan RefusalEvery = TimeSpan.FromHours(1);
    private const int MostRemembered = 10_000;

    private readonly HashSet<long> _allowed = [.. options.Value.AllowedUsers];
    private readonly ConcurrentDictionary<long, long> _refusedAt = new();

    /// <param name="userId">Null = nobody in particular; allowed only where everyone is.</param>
    public bool Allows(long? userId) => _allowed.Count == 0 || userId is { } id && _allowed.Contains(id);

    /// <summary>Whether it is time to tell this stranger.</summary>
    public bool ShouldRefuse(long? userId)
    {
        if (userId is not { } id)
            return false;
        if (_refusedAt.Count >= MostRemembered)
            _refusedAt.Clear();

        var now = time.GetTimestamp();
        var refuse = true;
        _refusedAt.AddOrUpdate(id, now, (_, last) =>
        {
            refuse = time.GetElapsedTime(last, now) >= RefusalEvery;
            return refuse ? now : last;
        });
        return refuse;
    }
}
