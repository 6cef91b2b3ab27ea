using Clawdex.Gateway.Telegram;
using Clawdex.Gateway.Turns.Budgets;

namespace Clawdex.Gateway.Commands;

/// <summary>When a command runs relative to the messages of its conversation.</summary>
internal enum CommandOrder
{
    /// <summary>At once, past everything that waits.</summary>
    BypassQueue,

    /// <summary>Between the messages that came before and after it, as they arrive: not waiting for their answers.</summary>
    InUpdateOrder,

    /// <summary>When the messages before it are answered.</summary>
    AfterAnswers,
}

/// <summary>Whose a command is, among those whom the bot serves.</summary>
internal enum CommandRight
{
    Everyone,

    /// <summary>It changes what a group shares: there it is the owner's.</summary>
    OwnerInGroups,

    Owner,
}

/// <summary>One slash command. <c>/help</c> and Telegram's menu are made of these.</summary>
internal interface ICommand
{
    /// <summary>Without the slash, in lower case.</summary>
    string Name { get; }

    /// <summary>One line for Telegram's menu.</summary>
    string Description { get; }

    /// <summary>The lines of <c>/help</c>: how to write it, and what it does.</summary>
    IReadOnlyList<(string Usage, string Action)> Help => [($"/{Name}", Description)];

    CommandOrder Order { get; }

    CommandRight Right => CommandRight.Everyone;

    /// <returns>What to say; null = nothing.</returns>
    Task<CommandReply?> RunAsync(CommandCall call, CancellationToken cancellationToken);
}

/// <summary>Someone's use of a command.</summary>
/// <param name="Argument">What follows the name, trimmed; may be empty.</param>
/// <param name="SourceId">The same for every delivery of the same update.</param>
/// <param name="MessageId">The message with the command or its button; null = Telegram no longer knows it.</param>
internal sealed record CommandCall(Conversation Conversation, string Argument, string SourceId, int? MessageId, Asker Asker)
{
    /// <summary>The trace of the update that it came with.</summary>
    public UpdateTrace? Update { get; init; }
}

/// <param name="Text">Markdown.</param>
internal sealed record CommandReply(string Text)
{
    public IReadOnlyList<Button> Buttons { get; init; } = [];
}
