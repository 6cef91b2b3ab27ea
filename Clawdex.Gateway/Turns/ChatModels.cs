using System.IO.Enumeration;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Turns.Budgets;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Turns;

/// <summary>Which model a conversation uses: its own choice, else the configured default.</summary>
internal sealed class ChatModels(SessionClient sessions, LlmClient llm, IOptions<AgentOptions> agent)
{
    /// <summary>Tokens: with less, hardly any answer is one.</summary>
    private const int ShortestLimit = 256;

    private readonly Dictionary<string, string> _aliases = new(agent.Value.ModelAliases, StringComparer.OrdinalIgnoreCase);

    /// <summary>What a conversation uses that chose nothing: a model's name, or an alias.</summary>
    public string Default => agent.Value.Model;

    public IEnumerable<string> Aliases => _aliases.Keys;

    public string Of(SessionSummary session) => Of(session.ModelOverride);

    /// <param name="modelOverride">The conversation's own choice; null = none.</param>
    public string Of(string? modelOverride) => Resolve(modelOverride ?? Default);

    /// <summary>The model that is meant by an alias; any other name is a model's. What was chosen is stored as it is, so an alias follows the settings.</summary>
    public string Resolve(string name) => _aliases.GetValueOrDefault(name, name);

    /// <summary>What users read of a choice: an alias with its model.</summary>
    public string LabelOf(string? modelOverride) =>
        (modelOverride ?? Default) is var name && _aliases.TryGetValue(name, out var model) ? $"{name} = {model}" : name;

    /// <param name="patience">How long a session service that is away is waited for.</param>
    public async Task<string> OfAsync(Conversation conversation, TimeSpan patience, CancellationToken cancellationToken) =>
        Of(await sessions.GetAsync(conversation, patience, cancellationToken));

    /// <summary>Tokens that the model accepts; 0 = unknown.</summary>
    public async Task<int> ContextWindowAsync(string model, CancellationToken cancellationToken) =>
        await llm.ResolveAsync(model, cancellationToken) is ModelLookup.Found found ? found.Model.ContextWindow : 0;

    /// <summary>Whether somebody may let a conversation use a model.</summary>
    public bool MayChoose(Asker asker, string name, bool isKnown) =>
        asker.IsOwner || _aliases.ContainsKey(name) || name == Of(modelOverride: null) || (agent.Value.AllowedModels is { Length: > 0 } patterns
            ? patterns.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, name))
            : isKnown);

    /// <summary>
    /// Tokens that an answer may have: what the owner allows, as far as the window has room for it, since some servers refuse what
    /// does not fit. A prompt may have twice the tokens that it is estimated at.
    /// </summary>
    /// <param name="window">0 = unknown.</param>
    public int LongestAnswer(int window, int estimatedPrompt)
    {
        var most = agent.Value.Limits.MaxOutputTokens;
        if (window == 0)
            return most;
        var leftByPercent = (long)window * (100 - agent.Value.ContextWindowPercent) / 100;
        var left = Math.Max(leftByPercent, window - (2L * estimatedPrompt));
        return (int)Math.Clamp(left, Math.Min(most, ShortestLimit), most);
    }
}
