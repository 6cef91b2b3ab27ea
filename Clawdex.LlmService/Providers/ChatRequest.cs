namespace Clawdex.LlmService.Providers;

internal enum ChatRole
{
    User,
    Assistant,
}

internal sealed record ChatTurn(ChatRole Role, string Text);

/// <summary>What a provider is asked: turns alternate, and begin and end with the user's (see <see cref="ChatHistory"/>).</summary>
/// <param name="ModelId">The id on the provider's wire.</param>
/// <param name="SystemPrompt">Empty = none.</param>
internal sealed record ChatRequest(string ModelId, string SystemPrompt, IReadOnlyList<ChatTurn> Turns);
