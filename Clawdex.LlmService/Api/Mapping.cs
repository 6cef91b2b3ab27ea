using System.Diagnostics;
using Clawdex.Llm.V1;
using Clawdex.LlmService.Models;
using Clawdex.LlmService.Providers;
using FinishReason = Clawdex.LlmService.Providers.FinishReason;
using ProtoFailureKind = Clawdex.Llm.V1.FailureKind;
using ProtoFinishReason = Clawdex.Llm.V1.FinishReason;

namespace Clawdex.LlmService.Api;

/// <summary>Between the contract's messages and this service's own records; generated types go no further than here.</summary>
internal static class Mapping
{
    public static IEnumerable<ChatTurn> ToTurns(IEnumerable<ChatMessage> messages) => messages.Select(message => new ChatTurn(
        message.Role switch
        {
            Role.User => ChatRole.User,
            Role.Assistant => ChatRole.Assistant,
            _ => throw GrpcErrors.Malformed("Each message needs a role: user or assistant."),
        },
        message.Content));

    public static Model ToProto(ModelInfo model) => new()
    {
        Name = model.Name,
        Provider = model.Provider,
        ModelId = model.ModelId,
        ContextWindow = model.ContextWindow > 0 ? model.ContextWindow : Catalogue.ConservativeContextWindow,
        DisplayName = model.DisplayName,
    };

    public static StreamChatResponse ToProto(ChatEvent chatEvent) => chatEvent switch
    {
        ChatEvent.Delta delta => new() { Delta = new() { Text = delta.Text } },
        ChatEvent.Started started => new()
        {
            Started = new() { Model = started.Model, Provider = started.Provider, ContextWindow = started.ContextWindow, TakenUp = started.IsTakenUp },
        },
        ChatEvent.Finished finished => new() { Finished = ToProto(finished) },
        _ => throw new UnreachableException($"{chatEvent.GetType().Name} is a status, not a message."),
    };

    private static Finished ToProto(ChatEvent.Finished finished) => new()
    {
        FinishReason = finished.Reason switch
        {
            FinishReason.Stop => ProtoFinishReason.Stop,
            FinishReason.Length => ProtoFinishReason.Length,
            FinishReason.ContentFilter => ProtoFinishReason.ContentFilter,
            _ => ProtoFinishReason.Interrupted,
        },
        Usage = ToProto(finished.Usage),
        FailedUsage = ToProto(finished.FailedUsage),
        Model = finished.Model,
        Failure = finished.Why is { } why ? ToProto(why) : null,
    };

    public static Failure ToProto(ProviderFailure failure) => new()
    {
        Kind = (ProtoFailureKind)failure.Kind,
        Provider = failure.Provider,
        ModelId = failure.ModelId,
        ProviderSays = failure.Says,
        RetryAfterMs = (long)Math.Ceiling(failure.RetryAfter?.TotalMilliseconds ?? 0),
        Suggestions = { failure.Suggestions },
        Usage = ToProto(failure.Usage),
    };

    private static Usage? ToProto(TokenUsage? usage) =>
        usage is null ? null : new() { PromptTokens = usage.PromptTokens, CompletionTokens = usage.CompletionTokens, CostMicrodollars = usage.CostMicrodollars };
}
