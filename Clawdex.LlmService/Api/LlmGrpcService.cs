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
            throw Mapping.BadModelName();

        var known = catalogue.Find(route);
        var response = new ResolveModelResponse
        {
            Known = known is not null,
            Model = Mapping.ToProto(known ?? route),
            IsConfigured = providers.First(provider => provider.Name == route.Provider).IsConfigured,
        };
        if (known is null)
            response.Suggestions.AddRange(catalogue.NamesNear(route, Suggestions));
        return Task.FromResult(response);
    }

    public override async Task StreamChat(
        StreamChatRequest request, IServerStreamWriter<StreamChatResponse> responseStream, ServerCallContext context)
    {
        var ask = QuestionOf(request);
        running.Add();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, running.Cut);
        try
        {
            if (request.AnswerId.Length == 0)
            {
                await foreach (var next in ask(either.Token))
                    await TellAsync(next, either.Token);
            }
            else if (!await running.TellAsync(request.AnswerId, ask, TellAsync, either.Token))
            {
                context.Status = new Status(StatusCode.Aborted, "Another call has taken up this answer.");
            }
        }
        catch (Exception exception) when (IsEndOfCall(exception, either.Token))
        {
            // The caller left, or this service is asked to stop: neither is an error, and nobody reads the rest.
            if (!context.CancellationToken.IsCancellationRequested)
                context.Status = new Status(StatusCode.Unavailable, running.Cut.IsCancellationRequested ? "The LLM service is being restarted." : "The answer was stopped.");
        }
        finally
        {
            running.Remove();
        }

        Task TellAsync(ChatEvent next, CancellationToken ended)
        {
            if (next is not ChatEvent.Failed { Failure: var failure })
                return responseStream.WriteAsync(Mapping.ToProto(next), ended);
            context.Fail(failure);
            return Task.CompletedTask;
        }
    }

    public override async Task<StopChatResponse> StopChat(StopChatRequest request, ServerCallContext context) =>
        new() { Known = await running.EndAsync(request.AnswerId) };

    private Func<CancellationToken, IAsyncEnumerable<ChatEvent>> QuestionOf(StreamChatRequest request)
    {
        if (!ModelResolver.TryResolve(request.Model, out var route))
            throw Mapping.BadModelName();
        var turns = ChatRequest.Normalize(Mapping.ToTurns(request.Messages));
        if (turns.Count == 0)
            throw Mapping.Malformed("There is no message from the user to answer.");
        int? mostTokens = request.MaxOutputTokens > 0 ? request.MaxOutputTokens : null;
        return ended => chats.RunAsync(route, request.SystemPrompt.Trim(), turns, mostTokens, ended);
    }

    /// <summary>Writing to a call that was just cancelled fails in one of these ways; an answer that is stopped cancels who reads it.</summary>
    private static bool IsEndOfCall(Exception exception, CancellationToken ended) =>
        exception is OperationCanceledException || (ended.IsCancellationRequested && exception is IOException or InvalidOperationException);
}
