using Clawdex.Gateway.Access;
using Clawdex.Gateway.Replies;

namespace Clawdex.Gateway.Commands;

/// <summary>Lists the commands of the table; the owner's to him alone.</summary>
internal sealed class HelpCommand(IServiceProvider services, People people)
    : Command("help", "List available commands", CommandOrder.BypassQueue)
{
    public override Task<CommandReply?> RunAsync(CommandCall call, CancellationToken cancellationToken)
    {
        // The table holds this command, too, so it can only be asked for now.
        var table = services.GetRequiredService<CommandTable>();
        var shown = table.All.Where(command => command.Right is not CommandRight.Owner || call.Asker.UserId == people.Owner);
        return Task.FromResult<CommandReply?>(new CommandReply(UserTexts.Help(shown.SelectMany(command => command.Help))));
    }
}
