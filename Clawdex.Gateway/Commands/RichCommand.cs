using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Commands;

/// <summary>
/// Says or sets whether a conversation's answers may end as rich messages, which not every client shows. An answer goes by what was
/// chosen when its question came.
/// </summary>
internal sealed class RichCommand(SessionClient sessions, IOptions<TelegramOptions> options)
    : Command("rich", "Show tables and formulas as your client draws them", CommandOrder.InUpdateOrder, CommandRight.OwnerInGroups)
{
    public override IReadOnlyList<(string Usage, string Action)> Help => [("/rich on, /rich off", $"{Description} (on), or as text (off)")];

    public override async Task<CommandReply?> RunAsync(CommandCall call, CancellationToken cancellationToken)
    {
        if (call.Argument.Length == 0)
        {
            var chosen = (await sessions.GetAsync(call.Conversation, SessionClient.ReadPatience, cancellationToken)).Rich;
            return new CommandReply(UserTexts.Rich(chosen ?? options.Value.RichMessages));
        }

        bool? choice = call.Argument.ToUpperInvariant() switch { "ON" => true, "OFF" => false, _ => null };
        if (choice is not { } rich)
            return new CommandReply(UserTexts.RichHow);
        await sessions.SetRichAsync(call.Conversation, rich, cancellationToken);
        return new CommandReply(UserTexts.Rich(rich));
    }
}
