using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Telegram;
using Clawdex.Gateway.Turns;

namespace Clawdex.Gateway.Commands;

/// <summary>Shows or switches a conversation's model, by name or by button.</summary>
internal sealed class ModelCommand(SessionClient sessions, LlmClient llm, ChatModels models)
    : Command("model", "Show current model, or switch it", CommandOrder.AfterAnswers, CommandRight.OwnerInGroups)
{
    private const string DefaultWord = "default";
    private const int MostButtons = 6;

    private static readonly string[] Popular =
    [
        "gemini/gemini-2.5-flash", "gemini/gemini-2.5-pro", "anthropic/claude-sonnet-4", "openai/gpt-4o", "meta-llama/llama-4-maverick",
    ];

    public override IReadOnlyList<(string Usage, string Action)> Help =>
    [
        ("/model <name>", "Switch model for this session (e.g., `/model openai/gpt-4o`)"),
        ("/model", "Show current model"),
    ];

    public override Task<CommandReply?> RunAsync(CommandCall call, CancellationToken cancellationToken) => call.Argument switch
    {
        "" => ShowAsync(call, cancellationToken),
        _ when call.Argument.Equals(DefaultWord, StringComparison.OrdinalIgnoreCase) => ClearAsync(call.Conversation, cancellationToken),
        var name => SwitchAsync(call, name, cancellationToken),
    };

    private async Task<CommandReply?> ShowAsync(CommandCall call, CancellationToken cancellationToken)
    {
        var session = await sessions.GetAsync(call.Conversation, SessionClient.ReadPatience, cancellationToken);
        var choice = models.Choose(session.ModelOverride, call.Asker.UserId);
        var menu = await MenuAsync(call, choice, cancellationToken);
        return new CommandReply(UserTexts.ModelNow(models.LabelOf(choice), choice != session.ModelOverride)) { Buttons = menu };
    }

    /// <summary>The aliases, the default, the current model, and popular ones that may be chosen and whose provider is configured.</summary>
    private async Task<IReadOnlyList<Button>> MenuAsync(CommandCall call, string current, CancellationToken cancellationToken)
    {
        var lookups = await Task.WhenAll(Popular.Select(name => llm.ResolveAsync(name, cancellationToken)));
        var available = Popular.Where((name, i) => lookups[i] is { Failure: null, IsAvailable: true } found && models.MayChoose(call.Asker, name, found.Known));
        return Buttons(call, [.. models.Aliases, models.Default, current, .. available], current);
    }

    private async Task<CommandReply?> ClearAsync(Conversation conversation, CancellationToken cancellationToken)
    {
        await sessions.SetModelAsync(conversation, null, cancellationToken);
        return new CommandReply(UserTexts.ModelCleared(models.LabelOf(models.Default)));
    }

    private async Task<CommandReply?> SwitchAsync(CommandCall call, string name, CancellationToken cancellationToken)
    {
        var lookup = await llm.ResolveAsync(models.Resolve(name), cancellationToken);
        if (lookup.Failure is { } failure)
            return new CommandReply(UserTexts.Failure(failure, GatewayTelemetry.CurrentReference));
        var near = Buttons(call, lookup.Suggestions, name);
        if (!models.MayChoose(call.Asker, name, lookup.Known))
            return new CommandReply(UserTexts.ModelNotAllowed(name, lookup.Suggestions)) { Buttons = near };
        // The catalogue is never complete: what the user asks for is set, near names are offered.
        await sessions.SetModelAsync(call.Conversation, name, cancellationToken);
        return lookup.Known
            ? new CommandReply(UserTexts.ModelSwitched(models.LabelOf(name)))
            : new CommandReply(UserTexts.ModelUnknown(models.LabelOf(name), lookup.Suggestions)) { Buttons = near };
    }

    /// <summary>One button for each model, by the first of its names.</summary>
    private IReadOnlyList<Button> Buttons(CommandCall call, IEnumerable<string> names, string current) =>
    [
        .. names.DistinctBy(models.Resolve)
            .Select(name => new Button($"{(models.Resolve(name) == models.Resolve(current) ? "✓ " : "")}{models.LabelOf(name)}", ButtonAction.Model, name, call.Asker.UserId))
            .Where(button => ButtonSigner.Fits(call.Conversation, button))
            .Take(MostButtons),
    ];
}
