using System.Globalization;
using Clawdex.Gateway.Access;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Turns;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Commands.Owner;

/// <summary>Lets somebody out: what is being said to him ends, wherever he asked, and what he waits for is not answered.</summary>
internal sealed class RevokeCommand(People people, RunningReplies running, IOptions<TelegramOptions> options)
    : Command("revoke", "Let somebody out", CommandOrder.InUpdateOrder, CommandRight.Owner)
{
    public override IReadOnlyList<(string Usage, string Action)> Help => [("/revoke <id>", Description)];

    public override async Task<CommandReply?> RunAsync(CommandCall call, CancellationToken cancellationToken)
    {
        if (!long.TryParse(call.Argument, NumberStyles.None, CultureInfo.InvariantCulture, out var userId) || userId <= 0)
            return new CommandReply(UserTexts.RevokeWhom);
        if (options.Value.AllowsEveryone)
            return new CommandReply(UserTexts.EveryoneIsServed);
        if (userId == people.Owner)
            return new CommandReply(UserTexts.OwnerStays);
        var wasIn = people.Allows(userId);
        if (wasIn && !people.CanBeExtended)
            return new CommandReply(UserTexts.NamedBySettings(userId));

        await people.RemoveAsync(userId, cancellationToken);
        running.StopUser(userId);
        return new CommandReply(UserTexts.Revoked(userId, wasIn));
    }
}
