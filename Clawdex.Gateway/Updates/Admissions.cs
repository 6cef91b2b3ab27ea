using Clawdex.Gateway.Access;
using Clawdex.Gateway.Commands;
using Clawdex.Gateway.Telegram;
using Clawdex.Gateway.Turns;

namespace Clawdex.Gateway.Updates;

/// <summary>What becomes of an update, by who is behind it.</summary>
internal enum Admission
{
    /// <summary>It is taken in.</summary>
    Serve,

    /// <summary>The right link to a bot that nobody owns.</summary>
    Claim,

    /// <summary>Of somebody whom the bot does not serve, who is told so.</summary>
    Refuse,

    /// <summary>The same, without a word; and yet something is to be done, beside all else and without a trace.</summary>
    Aside,

    /// <summary>The same, and nothing is: the update is confirmed, and that is all.</summary>
    Drop,
}

/// <summary>
/// Looks at each update before anything is done for it, its trace included: a stranger costs no call of any kind but the few
/// that tell him, and one at a time for what he does to a chat.
/// </summary>
internal sealed class Admissions(People people, ClaimCode claim, Refusals refusals, CommandTable commands, RunningReplies running)
{
    public Admission Of(InboundEvent update, BotIdentity bot)
    {
        if (people.IsUnclaimed && update is InboundMessage { UserId: not null } message && CodeOf(message, bot) is { } code && claim.IsRight(code))
            return Admission.Claim;
        // What happens to a chat concerns whoever is being answered there, whoever is behind it.
        if (people.Allows(update.UserId) || (update is ChatMigration or BotRemoved && running.IsIn(update.Conversation.ChatId)))
            return Admission.Serve;

        var isTold = update switch
        {
            InboundMessage written => Concerns(written, bot) && refusals.TryTell(update.UserId),
            BotAdded => refusals.TryTake(),
            // What he wrote in the first place was answered already; what he does to a chat asks for no answer.
            InboundEdit or ChatMigration or BotRemoved => false,
            _ => refusals.TryTell(update.UserId),
        };
        GatewayTelemetry.StrangerUpdates.Add(1, new KeyValuePair<string, object?>("clawdex.told", isTold));
        return isTold ? Admission.Refuse : update is BotAdded or ChatMigration ? Admission.Aside : Admission.Drop;
    }

    /// <summary>Whether a message is for this bot: in a group, most are not.</summary>
    public bool Concerns(InboundMessage message, BotIdentity bot)
    {
        var line = CommandLine.Of(message);
        if (line is null)
            return message.IsAddressed;
        return !line.IsForAnother(bot) && (line.Bot is not null || message.IsAddressed || commands.TryFind(line.Name, out _));
    }

    /// <summary>What the link of a claim makes Telegram send; only in a private chat, and only by who opened it himself.</summary>
    private static string? CodeOf(InboundMessage message, BotIdentity bot) =>
        !message.Conversation.IsGroup
        && CommandLine.Of(message) is { Name: "start", Argument: var argument } line && !line.IsForAnother(bot)
        && argument.StartsWith(ClaimCode.Prefix, StringComparison.Ordinal)
            ? argument[ClaimCode.Prefix.Length..]
            : null;
}
