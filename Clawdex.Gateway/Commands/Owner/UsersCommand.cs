using Clawdex.Gateway.Access;
using Clawdex.Gateway.Replies;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Commands.Owner;

/// <summary>Lists who may use the bot.</summary>
internal sealed class UsersCommand(People people, IOptions<TelegramOptions> options)
    : Command("users", "Show who may use this assistant", CommandOrder.BypassQueue, CommandRight.Owner)
{
    public override Task<CommandReply?> RunAsync(CommandCall call, CancellationToken cancellationToken) => Task.FromResult<CommandReply?>(new CommandReply(
        options.Value.AllowsEveryone ? UserTexts.EveryoneIsServed : UserTexts.Users(people.Owner, people.All, areFixed: !people.CanBeExtended)));
}
