using System.IO.Enumeration;
using Clawdex.Gateway.Access;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Turns.Budgets;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Turns;

/// <summary>
/// Which model a conversation uses: its own choice, as far as who asks may use that, else the configured default. Settings change,
/// and what was chosen stays stored.
/// </summary>
internal sealed class ChatModels(SessionClient sessions, LlmClient llm, People people, IOptions<AgentOptions> agent)
{
    /// <summary>Tokens: with less, hardly any answer is one.</summary>
    private const int ShortestLimit = 256;

    private readonly Dictionary<string, string> _aliases = new(agent.Value.ModelAliases, StringComparer.OrdinalIgnoreCase);

    /// <summary>What a conversation uses that chose nothing: a model's name, or an alias.</summary>
    public string Default => agent.Value.Model;

    public IEnumerable<string> Aliases => _aliases.Keys;

    /// <summary>A model's name, or an alias.</summary>
    /// <param name="modelOverride">The conversation's own choice; null = none.</param>
    /// <param name="userId">Who asks, or the chat where nobody is named.</param>
    public string Choose(string? modelOverride, long userId) =>
        modelOverride is { } chosen && (people.IsOwner(userId) || IsListed(chosen) is not false) ? chosen : Default;

    /// <summary>The model of that choice.</summary>
    public string Of(string? modelOverride, long userId) => Resolve(Choose(modelOverride, userId));

    /// <summary>The model that is meant by an alias; any other name is a model's. What was chosen is stored as it is, so an alias follows the settings.</summary>
    public string Resolve(string name) => _aliases.GetValueOrDefault(name, name);

    /// <summary>What users read of a choice: an alias with its model.</summary>
    public string LabelOf(string name) => _aliases.TryGetValue(name, out var model) ? $"{name} = {model}" : name;

    /// <param name="patience">How long a session service that is away is waited for.</param>
    public async Task<string> OfAsync(Conversation conversation, long userId, TimeSpan patience, CancellationToken cancellationToken) =>
        Of((await sessions.GetAsync(conversation, patience, cancellationToken)).ModelOverride, userId);

    /// <summary>Tokens that the model accepts; 0 = unknown.</summary>
    public async Task<int> ContextWindowAsync(string model, CancellationToken cancellationToken) =>
        (await llm.ResolveAsync(model, cancellationToken)).ContextWindow;

    /// <summary>Whether somebody may let a conversation use a model.</summary>
    public bool MayChoose(Asker asker, string name, bool isKnown) =>
        asker.IsOwner || (IsListed(name) ?? isKnown);

    /// <summary>Whether the settings name it; null = they name none but the default and the aliases.</summary>
    private bool? IsListed(string name) =>
        name == Default || name == Resolve(Default) || _aliases.ContainsKey(name) ? true
        : agent.Value.AllowedModels is { Length: > 0 } patterns ? patterns.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, name))
        : null;

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
