using Clawdex.Llm.V1;
using Clawdex.LlmService.Chats;
using Clawdex.LlmService.Models;
using Clawdex.LlmService.Providers;
using Grpc.Core;

namespace Clawdex.LlmService.Api;

/// <summary>The contract <c>clawdex.llm.v1.Llm</c>: checks and maps requests, and maps what comes back. Decides nothing itself.</summary>
internal sealed class LlmGrpcService(
    ChatRunner chats, Catalogue catalogue, IEnumerable<IChatProvider> providers, RunningAnswers running) : Llm.V1.Llm.LlmBase
{
    private const int Suggestions = 5;

    public override Task<ResolveModelResponse> ResolveModel(ResolveModelRequest request, ServerCallContext context)
    {
        if (!ModelResolver.TryResolve(request.Model, out var route))
            throw GrpcErrors.BadModelName();

        var known = catalogue.Find(route);
        var response = new ResolveModelResponse
        {
            Known = known is not null,
            Model = Mapping.ToProto(known ?? new ModelInfo(route.Provider, route.ModelId, route.ModelId, 0)),
            IsConfigured = providers.First(provider => provider.Name == route.Provider).IsConfigured,
        };
        if (known is null)
            response.Suggestions.AddRange(catalogue.NamesNear(route, Suggestions));
        return Task.FromResult(response);
    }

    public override async Task StreamChat(
        StreamChatRequest request, IServerStreamWriter<StreamChatResponse> responseStream, ServerCallContext context)
    {
        if (!ModelResolver.TryResolve(request.Model, out var route))
            throw GrpcErrors.BadModelName();
        var turns = ChatHistory.Normalize(Mapping.ToTurns(request.Messages));
        if (turns.Count == 0)
            throw GrpcErrors.Malformed("There is no message from the user to answer.");

        running.Add();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, running.Cut);
        try
        {
            int? mostTokens = request.MaxOutputTokens > 0 ? request.MaxOutputTokens : null;
            await foreach (var next in chats.RunAsync(route, request.SystemPrompt.Trim(), turns, mostTokens, either.Token))
            {
                if (next is ChatEvent.Failed { Failure: var failure })
                    context.Fail(failure);
                else
                    await responseStream.WriteAsync(Mapping.ToProto(next), context.CancellationToken);
            }
        }
        catch (Exception exception) when (IsEndOfCall(exception, either.Token))
        {
            // The caller left, or this service is asked to stop: neither is an error, and nobody reads the rest.
            if (!context.CancellationToken.IsCancellationRequested)
                context.Status = new Status(StatusCode.Unavailable, "The LLM service is being restarted.");
        }
        finally
        {
            running.Remove();
        }
    }

    /// <summary>Writing to a call that was just cancelled fails in one of these ways.</summary>
    private static bool IsEndOfCall(Exception exception, CancellationToken ended) =>
        ended.IsCancellationRequested && exception is OperationCanceledException or IOException or InvalidOperationException;
}
