using System.Text.Json;
using Telegram.Bot.Requests;
using Telegram.Bot.Types.Enums;

namespace Clawdex.Gateway.Updates;

/// <summary>
/// <c>getUpdates</c> with each update as bare JSON. The library's own request reads all updates of an answer at once, so that
/// a single one that it cannot read would cost the other 99 and come again for ever.
/// </summary>
internal sealed class RawUpdatesRequest() : RequestBase<JsonElement[]>("getUpdates")
{
    /// <summary>Confirms all updates before this one.</summary>
    public int? Offset { get; init; }

    public int Limit { get; init; }

    /// <summary>Seconds; at most 50.</summary>
    public int Timeout { get; init; }

    public IEnumerable<UpdateType>? AllowedUpdates { get; init; }
}
