using Clawdex.Gateway.Replies;

namespace Clawdex.Gateway.Commands;

/// <summary>Lists the commands of the table.</summary>
internal sealed class HelpCommand(IServiceProvider services) : ICommand
{
    public string Name => "help";

    public string Description => "List available commands";

    public CommandOrder Order => CommandOrder.BypassQueue;

    public Task<CommandReply?> RunAsync(CommandCall call, CancellationToken cancellationToken)
    {
        // The table holds this command, too, so it can only be asked for now.
        var table = services.GetRequiredService<CommandTable>();
        return Task.FromResult<CommandReply?>(new CommandReply(UserTexts.Help(table.All.SelectMany(command => command.Help))));
    }
}
