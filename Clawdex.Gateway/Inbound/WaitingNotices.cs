using System.Collections.Concurrent;
using Clawdex.Gateway.Outbound;
using Clawdex.Gateway.Turns;

namespace Clawdex.Gateway.Inbound;

/// <summary>
/// While messages cannot be stored, Telegram keeps them; this tells each chat that waits, once per outage, that its message is
/// not lost. The notice is not left behind: it becomes the message of the answer.
/// </summary>
internal sealed class WaitingNotices(TelegramChat chat)
{
    /// <summary>Shorter outages pass unnoticed: a restart of the service takes about 2 s.</summary>
    private static readonly TimeSpan FirstPatience = TimeSpan.FromSeconds(5);

    /// <summary>In the midst of an outage, each message is tried for so long each time that it is delivered.</summary>
    private static readonly TimeSpan NextPatience = TimeSpan.FromMilliseconds(500);

    /// <summary>Telegram delivers 100 updates at most before the first of them is confirmed.</summary>
    private const int MostChats = 1000;

    // Null = told by a message whose id is unknown, or not to be told at all.
    private readonly ConcurrentDictionary<Conversation, int?> _told = new();
    private volatile bool _isOutage;

    /// <summary>How long storing a message may take before its chat is told.</summary>
    public TimeSpan Patience => _isOutage ? NextPatience : FirstPatience;

    /// <summary>The message was not stored: its chat hears of it, unless it has already.</summary>
    public async Task TellAsync(InboundMessage message, SessionFailure failure, CancellationToken cancellationToken)
    {
        _isOutage = true;
        if (_told.Count >= MostChats || !_told.TryAdd(message.Conversation, null))
            return;

        // A quote tells it from an answer whose message was lost.
        var notice = TelegramText.Render(UserTexts.Waiting(failure), complete: true)[0];
        var outcome = await chat.SendAsync(message.Conversation, notice, message.MessageId, [], CallPriority.Reply, cancellationToken);
        if (outcome.Status is CallStatus.Done)
            _told[message.Conversation] = outcome.MessageId;
        else if (outcome.Status is CallStatus.Later)
            _told.TryRemove(message.Conversation, out _);
    }

    /// <summary>A message was stored.</summary>
    public void EndOutage() => _isOutage = false;

    /// <summary>The conversation's notice, if there is one, is the caller's from now on.</summary>
    public int? Take(Conversation conversation) => _told.TryRemove(conversation, out var messageId) ? messageId : null;
}
