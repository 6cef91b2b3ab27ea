using System.Diagnostics.CodeAnalysis;

namespace Clawdex.Gateway.Commands;

/// <summary>All commands, in the order in which <c>/help</c> and the menu show them.</summary>
internal sealed class CommandTable(IEnumerable<ICommand> commands)
{
    private readonly Dictionary<string, ICommand> _byName = commands.ToDictionary(command => command.Name, StringComparer.OrdinalIgnoreCase);

    public IReadOnlyCollection<ICommand> All => _byName.Values;

    public bool TryFind(string name, [NotNullWhen(true)] out ICommand? command) => _byName.TryGetValue(name, out command);
}
