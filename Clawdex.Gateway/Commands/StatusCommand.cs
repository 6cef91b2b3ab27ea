using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Turns;
using Clawdex.Gateway.Turns.Budgets;

namespace Clawdex.Gateway.Commands;

/// <summary>Shows a conversation's model, counters and age, and what was used today.</summary>
internal sealed class StatusCommand(SessionClient sessions, ChatModels models, BudgetPolicy budgets, TimeProvider time)
    : Command("status", "Show model, message count, session age", CommandOrder.BypassQueue)
{
    public override async Task<CommandReply?> RunAsync(CommandCall call, CancellationToken cancellationToken)
    {
        var session = await sessions.GetAsync(call.Conversation, SessionClient.ReadPatience, cancellationToken);
        var choice = models.Choose(session.ModelOverride, call.Asker.UserId);
        var model = models.Resolve(choice);
        var window = await models.ContextWindowAsync(model, cancellationToken);
        var used = await sessions.GetUsageAsync(call.Asker.UserId, cancellationToken);
        return new CommandReply(UserTexts.Status(models.LabelOf(choice), model, choice != session.ModelOverride, session, window, time.GetUtcNow() - session.CreatedAt, budgets.Status(call.Asker, used)));
    }
}
