using Grpc.Core;

namespace Clawdex.Gateway;

/// <summary>Everything that the gateway logs. Quiet while nothing happens; never text of a user or a model, never a token.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "The session service does not answer ({Status}); calls to it are repeated until it does")]
    public static partial void SessionServiceIsAway(this ILogger logger, StatusCode status);

    [LoggerMessage(2, LogLevel.Information, "The session service answers again")]
    public static partial void SessionServiceIsBack(this ILogger logger);

    [LoggerMessage(3, LogLevel.Warning, "Another gateway answers for this bot ({Holder}); this one waits until that one ends. Run only one gateway per bot")]
    public static partial void AnotherGatewayAnswers(this ILogger logger, string holder);

    [LoggerMessage(4, LogLevel.Information, "The other gateway has ended; this one answers now")]
    public static partial void LeaseTakenOver(this ILogger logger);

    [LoggerMessage(5, LogLevel.Warning, "This gateway was not heard of for so long that another one has taken up what it had; it drops all of that, and goes on with what is new")]
    public static partial void DeclaredDead(this ILogger logger);

    [LoggerMessage(6, LogLevel.Debug, "What other gateways left open could not be taken up now ({Failure})")]
    public static partial void ClaimFailed(this ILogger logger, Enum failure);

    [LoggerMessage(10, LogLevel.Debug, "A call that nothing depends on failed ({Kind})")]
    public static partial void MinorCallFailed(this ILogger logger, Enum kind);

    [LoggerMessage(11, LogLevel.Warning, "Telegram refused a {Verb} with markup ({Code}); it is tried as plain text")]
    public static partial void RefusedWithMarkup(this ILogger logger, string verb, int code);

    [LoggerMessage(12, LogLevel.Warning, "Telegram allows no {Verb} in a chat for {Seconds} s")]
    public static partial void TooManyRequests(this ILogger logger, string verb, double seconds);

    [LoggerMessage(13, LogLevel.Warning, "The answer to a send was lost ({Code}); the message is looked for, because the chat may show it")]
    public static partial void SendOutcomeUnknown(this ILogger logger, int code);

    [LoggerMessage(14, LogLevel.Information, "The bot may no longer write to a chat ({Code})")]
    public static partial void ChatGone(this ILogger logger, int code);

    [LoggerMessage(15, LogLevel.Error, "A {Verb} failed for good ({Code}, {Kind}): the chat does not show it")]
    public static partial void CallRefused(this ILogger logger, string verb, int code, Enum kind);

    [LoggerMessage(16, LogLevel.Information, "A message whose send was not confirmed was looked for with {Probes} calls; found: {Found}")]
    public static partial void LostMessageSought(this ILogger logger, int probes, bool found);

    [LoggerMessage(20, LogLevel.Error, "Turn {TurnId} failed")]
    public static partial void TurnFailed(this ILogger logger, long turnId, Exception error);

    [LoggerMessage(21, LogLevel.Information, "Turn {TurnId} was settled elsewhere, and is left alone ({Failure})")]
    public static partial void TurnSettledElsewhere(this ILogger logger, long turnId, Enum failure);

    [LoggerMessage(30, LogLevel.Error, "A job of a conversation failed; the conversation goes on")]
    public static partial void JobFailed(this ILogger logger, Exception error);

    [LoggerMessage(31, LogLevel.Warning, "Update {UpdateId} ({Kind}) cannot be read and is skipped ({Reason})")]
    public static partial void UpdateMalformed(this ILogger logger, int updateId, string kind, string reason);

    [LoggerMessage(32, LogLevel.Error, "Update {UpdateId} could not be handled and is skipped")]
    public static partial void UpdateFailed(this ILogger logger, int updateId, Exception error);

    [LoggerMessage(33, LogLevel.Information, "Connected to Telegram as @{Username}")]
    public static partial void Connected(this ILogger logger, string username);

    [LoggerMessage(34, LogLevel.Warning, "Telegram cannot be used at {Address}: {Cause}. Trying again until it can")]
    public static partial void TelegramIsAway(this ILogger logger, string address, string cause);

    [LoggerMessage(35, LogLevel.Information, "Telegram answers again")]
    public static partial void TelegramIsBack(this ILogger logger);

    [LoggerMessage(36, LogLevel.Critical, "Telegram does not know this bot ({Code}). Check channels:telegram:botToken, and channels:telegram:apiBaseUrl if it is set")]
    public static partial void BotIsUnknown(this ILogger logger, int code);

    [LoggerMessage(37, LogLevel.Error, "Another program polls for this bot's updates: run only one. Trying again until it stops")]
    public static partial void AnotherPoller(this ILogger logger);

    [LoggerMessage(38, LogLevel.Error, "A webhook is set for this bot, so it cannot be polled: remove it with deleteWebhook, or set channels:telegram:webhookUrl. Trying again until it is gone")]
    public static partial void WebhookIsSet(this ILogger logger);

    [LoggerMessage(39, LogLevel.Warning, "Everyone is allowed: whoever finds the bot can use it, at your cost. channels:telegram:allowedUsers says who may")]
    public static partial void EveryoneIsAllowed(this ILogger logger);

    [LoggerMessage(40, LogLevel.Information, "{Count} turns were left open and are taken up")]
    public static partial void TurnsRecovered(this ILogger logger, int count);

    [LoggerMessage(41, LogLevel.Information, "Telegram delivers updates to the webhook")]
    public static partial void WebhookRegistered(this ILogger logger);

    [LoggerMessage(42, LogLevel.Error, "Command /{Command} failed")]
    public static partial void CommandFailed(this ILogger logger, string command, Exception error);

    [LoggerMessage(44, LogLevel.Error, "Open turns could not be taken up; trying again")]
    public static partial void RecoveryFailed(this ILogger logger, Exception error);

    [LoggerMessage(45, LogLevel.Error, "The session of a chat that has a new id could not be moved")]
    public static partial void MigrationFailed(this ILogger logger, Exception error);

    [LoggerMessage(46, LogLevel.Warning, "{Count} open turns are of no conversation that this gateway knows, or in no state that it knows; they are left alone")]
    public static partial void ForeignTurns(this ILogger logger, int count);

    [LoggerMessage(47, LogLevel.Error, "It cannot be read who may use the bot ({Failure}): nobody is served. Trying again until it can")]
    public static partial void PeopleUnreadable(this ILogger logger, Enum failure);

    [LoggerMessage(48, LogLevel.Information, "Nobody owns this bot yet, so nobody is served: the link to claim it makes its first opener the owner")]
    public static partial void IsUnclaimed(this ILogger logger);

    [LoggerMessage(49, LogLevel.Information, "The bot has an owner now")]
    public static partial void Claimed(this ILogger logger);

    [LoggerMessage(50, LogLevel.Information, "Left a group to which nobody who is served had added the bot")]
    public static partial void GroupLeft(this ILogger logger);

    [LoggerMessage(54, LogLevel.Warning, "Telegram delivered updates elsewhere, or not all of them: the webhook is set again. When this repeats, another program has this bot's token, or another gateway another channels:telegram:webhookUrl")]
    public static partial void WebhookChanged(this ILogger logger);

    [LoggerMessage(55, LogLevel.Warning, "Telegram refused a rich message ({Code}); it is tried as an ordinary one. No more are tried until the next start: {IsUnknown}")]
    public static partial void RefusedRich(this ILogger logger, int code, bool isUnknown);
}
