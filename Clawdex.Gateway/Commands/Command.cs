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
/// <param name="name">Without the slash, in lower case.</param>
/// <param name="description">One line for Telegram's menu.</param>
internal abstract class Command(string name, string description, CommandOrder order, CommandRight right = CommandRight.Everyone)
{
    public string Name => name;

    public string Description => description;

    public CommandOrder Order => order;

    public CommandRight Right => right;

    /// <summary>The lines of <c>/help</c>: how to write it, and what it does.</summary>
    public virtual IReadOnlyList<(string Usage, string Action)> Help => [($"/{Name}", Description)];

    /// <returns>What to say; null = nothing.</returns>
    public abstract Task<CommandReply?> RunAsync(CommandCall call, CancellationToken cancellationToken);
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
