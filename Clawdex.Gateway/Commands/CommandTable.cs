using System.Diagnostics.CodeAnalysis;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;

namespace Clawdex.Gateway.Commands;

/// <summary>All commands, in the order in which <c>/help</c> and the menu show them.</summary>
internal sealed class CommandTable(IEnumerable<Command> commands, ILogger<CommandTable> logger)
{
    private readonly Dictionary<string, Command> _byName = commands.ToDictionary(command => command.Name, StringComparer.OrdinalIgnoreCase);

    public IReadOnlyCollection<Command> All => _byName.Values;

    public bool TryFind(string name, [NotNullWhen(true)] out Command? command) => _byName.TryGetValue(name, out command);

    /// <summary>Runs a command, below the update that asked for it. Where the store fails, that is what it says.</summary>
    public async Task<CommandReply?> RunAsync(Command command, CommandCall call, CancellationToken cancellationToken)
    {
        using var span = GatewayTelemetry.StartCommand(command.Name, call.Update);
        try
        {
            return await command.RunAsync(call, cancellationToken);
        }
        catch (SessionException error)
        {
            span?.Failed(error.Failure.ToString());
            logger.CommandFailed(command.Name, error);
            return new CommandReply(UserTexts.Failure(error.Failure, call.Update?.Reference ?? ""));
        }
    }
}
