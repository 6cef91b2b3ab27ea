using Clawdex.Gateway.Replies;

namespace Clawdex.Gateway.Commands;

/// <summary>What Telegram sends when a user opens the bot; a deep link's payload is ignored.</summary>
internal sealed class StartCommand : ICommand
{
    public string Name => "start";

    public string Description => "Say hello";

    public CommandOrder Order => CommandOrder.BypassQueue;

    public Task<CommandReply?> RunAsync(CommandCall call, CancellationToken cancellationToken) =>
        Task.FromResult<CommandReply?>(new CommandReply(UserTexts.Hello));
}
