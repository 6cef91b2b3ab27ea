using System.Diagnostics;
using System.Text;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Telegram;
using Clawdex.Gateway.Turns;
using Clawdex.Gateway.Turns.Budgets;

namespace Clawdex.Gateway.Commands;

/// <summary>Shows or switches a conversation's model, by name or by button.</summary>
internal sealed class ModelCommand(SessionClient sessions, LlmClient llm, ChatModels models) : ICommand
{
    private const string DefaultWord = "default";
    private const string ButtonPrefix = "model:";

    /// <summary>Bytes of UTF-8; Telegram takes no more on a button.</summary>
    private const int LongestButtonData = 64;

    private const int MostButtons = 6;

    private static readonly string[] Popular =
    [
        "gemini/gemini-2.5-flash", "gemini/gemini-2.5-pro", "anthropic/claude-sonnet-4", "openai/gpt-4o", "meta-llama/llama-4-maverick",
    ];

    public string Name => "model";

    public string Description => "Show current model, or switch it";

    public IReadOnlyList<(string Usage, string Action)> Help =>
    [
        ("/model <name>", "Switch model for this session (e.g., `/model openai/gpt-4o`)"),
        ("/model", "Show current model"),
    ];

    public CommandOrder Order => CommandOrder.AfterAnswers;

    public Task<CommandReply?> RunAsync(CommandCall call, CancellationToken cancellationToken) => call.Argument switch
    {
        "" => ShowAsync(call, cancellationToken),
        _ when call.Argument.Equals(DefaultWord, StringComparison.OrdinalIgnoreCase) => ClearAsync(call.Conversation, cancellationToken),
        var name => SwitchAsync(call, name, cancellationToken),
    };

    /// <summary>The model that a button stands for; null = the button is not this command's.</summary>
    public static string? ModelOf(string buttonData) =>
        buttonData.StartsWith(ButtonPrefix, StringComparison.Ordinal) && buttonData.Length > ButtonPrefix.Length ? buttonData[ButtonPrefix.Length..] : null;

    private async Task<CommandReply?> ShowAsync(CommandCall call, CancellationToken cancellationToken)
    {
        var session = await sessions.GetAsync(call.Conversation, cancellationToken);
        var model = models.Of(session);
        return new CommandReply(UserTexts.ModelNow(model, session.ModelOverride is null)) { Buttons = await MenuAsync(model, call.Asker, cancellationToken) };
    }

    /// <summary>The default, the current model, and popular ones that may be chosen and whose provider is configured.</summary>
    private async Task<IReadOnlyList<Button>> MenuAsync(string current, Asker asker, CancellationToken cancellationToken)
    {
        var lookups = await Task.WhenAll(Popular.Select(name => llm.ResolveAsync(name, cancellationToken)));
        var available = Popular.Where((name, i) => lookups[i] is ModelLookup.Found { IsAvailable: true } found && models.MayChoose(asker, name, found.Known));
        return Buttons([models.Default, current, .. available], current);
    }

    private async Task<CommandReply?> ClearAsync(Conversation conversation, CancellationToken cancellationToken)
    {
        await sessions.SetModelAsync(conversation, null, cancellationToken);
        return new CommandReply(UserTexts.ModelCleared(models.Default));
    }

    private async Task<CommandReply?> SwitchAsync(CommandCall call, string name, CancellationToken cancellationToken)
    {
        switch (await llm.ResolveAsync(name, cancellationToken))
        {
            case ModelLookup.Failed failed:
                return new CommandReply(UserTexts.Failure(failed.Failure, GatewayTelemetry.CurrentReference));
            case ModelLookup.Found refused when !models.MayChoose(call.Asker, name, refused.Known):
                return new CommandReply(UserTexts.ModelNotAllowed(name, refused.Suggestions)) { Buttons = Buttons(refused.Suggestions, name) };
            case ModelLookup.Found { Known: true }:
                await sessions.SetModelAsync(call.Conversation, name, cancellationToken);
                return new CommandReply(UserTexts.ModelSwitched(name));
            case ModelLookup.Found found:
                // The catalogue is never complete: what the user asks for is set, near names are offered.
                await sessions.SetModelAsync(call.Conversation, name, cancellationToken);
                return new CommandReply(UserTexts.ModelUnknown(name, found.Suggestions)) { Buttons = Buttons(found.Suggestions, name) };
            default:
                throw new UnreachableException();
        }
    }

    private static IReadOnlyList<Button> Buttons(IEnumerable<string> names, string current) =>
    [
        .. names.Distinct(StringComparer.Ordinal)
            .Where(name => Encoding.UTF8.GetByteCount(ButtonPrefix + name) <= LongestButtonData)
            .Take(MostButtons)
            .Select(name => new Button(name == current ? $"✓ {name}" : name, ButtonPrefix + name)),
    ];
}
