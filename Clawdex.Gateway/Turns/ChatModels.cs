using Clawdex.Gateway.Services;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Turns;

/// <summary>Which model a conversation uses: its own choice, else the configured default.</summary>
internal sealed class ChatModels(SessionClient sessions, LlmClient llm, IOptions<AgentOptions> agent)
{
    public string Default => agent.Value.Model;

    public string Of(SessionSummary session) => Of(session.ModelOverride);

    /// <param name="modelOverride">The conversation's own choice; null = none.</param>
    public string Of(string? modelOverride) => modelOverride ?? Default;

    /// <param name="patience">How long a session service that is away is waited for.</param>
    public async Task<string> OfAsync(Conversation conversation, TimeSpan patience, CancellationToken cancellationToken) =>
        Of(await sessions.GetAsync(conversation, patience, cancellationToken));

    /// <summary>Tokens that the model accepts; 0 = unknown.</summary>
    public async Task<int> ContextWindowAsync(string model, CancellationToken cancellationToken) =>
        await llm.ResolveAsync(model, cancellationToken) is ModelLookup.Found found ? found.Model.ContextWindow : 0;
}
