using System.Diagnostics;
using Clawdex.Llm.V1;
using Clawdex.LlmService.Models;
using Clawdex.LlmService.Providers;
using Google.Protobuf;
using Grpc.Core;
using FinishReason = Clawdex.LlmService.Providers.FinishReason;
using ProtoFinishReason = Clawdex.Llm.V1.FinishReason;

namespace Clawdex.LlmService.Api;

/// <summary>
/// Between the contract's messages and this service's own records; of the generated types none but <c>FailureKind</c> goes further
/// than here. It is also the one place where failures become gRPC statuses.
/// </summary>
internal static class Mapping
{
    /// <summary>
    /// Trailer: the facts. They tell a failure of this service from a status that gRPC, or anything else on the way to the caller,
    /// made up: such a status has none.
    /// </summary>
    private const string FailureTrailer = "failure-bin";

    public static IEnumerable<ChatTurn> ToTurns(IEnumerable<ChatMessage> messages) => messages.Select(message => new ChatTurn(
        message.Role switch
        {
            Role.User => ChatRole.User,
            Role.Assistant => ChatRole.Assistant,
            _ => throw Malformed("Each message needs a role: user or assistant."),
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
        Kind = failure.Kind,
        Provider = failure.Provider,
        ModelId = failure.ModelId,
        ProviderSays = failure.Says,
        RetryAfterMs = (long)Math.Ceiling(failure.RetryAfter?.TotalMilliseconds ?? 0),
        Suggestions = { failure.Suggestions },
        Usage = ToProto(failure.Usage),
    };

    private static Usage? ToProto(TokenUsage? usage) =>
        usage is null ? null : new() { PromptTokens = usage.PromptTokens, CompletionTokens = usage.CompletionTokens, CostMicrodollars = usage.CostMicrodollars };

    /// <summary>Ends a streaming call with this failure. It is no exception: the caller asked, and this is the answer.</summary>
    public static void Fail(this ServerCallContext context, ProviderFailure failure)
    {
        context.Status = StatusOf(failure);
        context.ResponseTrailers.Add(TrailerOf(failure));
    }

    public static RpcException BadModelName()
    {
        var failure = new ProviderFailure(FailureKind.BadModelName);
        return new RpcException(StatusOf(failure), [TrailerOf(failure)]);
    }

    /// <summary>The caller does not keep to the contract.</summary>
    public static RpcException Malformed(string problem) => new(new Status(StatusCode.InvalidArgument, problem));

    private static Metadata.Entry TrailerOf(ProviderFailure failure) => new(FailureTrailer, ToProto(failure).ToByteArray());

    private static Status StatusOf(ProviderFailure failure) => new(
        failure.Kind switch
        {
            FailureKind.BadModelName or FailureKind.InvalidRequest => StatusCode.InvalidArgument,
            FailureKind.UnknownModel => StatusCode.NotFound,
            FailureKind.NotConfigured or FailureKind.NoCredit or FailureKind.AccountRefused or FailureKind.Redirected or FailureKind.WrongAddress => StatusCode.FailedPrecondition,
            FailureKind.KeyRejected or FailureKind.KeyForbidden => StatusCode.Unauthenticated,
            FailureKind.RateLimited or FailureKind.QuotaSpent or FailureKind.NoQuota => StatusCode.ResourceExhausted,
            FailureKind.ContextTooLong => StatusCode.OutOfRange,
            FailureKind.Silent or FailureKind.NotLoaded => StatusCode.DeadlineExceeded,
            _ => StatusCode.Unavailable,
        },
        failure.ToString());
}
