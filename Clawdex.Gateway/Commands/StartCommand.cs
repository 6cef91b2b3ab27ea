using Clawdex.Gateway.Replies;

namespace Clawdex.Gateway.Commands;

/// <summary>What Telegram sends when a user opens the bot; a deep link's payload is ignored.</summary>
internal sealed class StartCommand() : Command("start", "Say hello", CommandOrder.BypassQueue)
{
    public override Task<CommandReply?> RunAsync(CommandCall call, CancellationToken cancellationToken) =>
        Task.FromResult<CommandReply?>(new CommandReply(UserTexts.Hello));
}
