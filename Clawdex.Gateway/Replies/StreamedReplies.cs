using Clawdex.Gateway.Telegram;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Replies;

/// <summary>Begins replies with the configured pacing.</summary>
internal sealed class StreamedReplies(
    TelegramChat chat, LostMessages lost, KnownMessages known, IOptions<TelegramOptions> options, TimeProvider time)
{
    private readonly EditPacing _pacing = EditPacing.From(options.Value);

    /// <param name="cancellationToken">Breaks the reply off as it stands.</param>
    public StreamedReply Begin(ReplyPlace place, CancellationToken cancellationToken) =>
        new(place, chat, lost, known, _pacing, time, cancellationToken);
}
