using System.Globalization;
using Clawdex.Llm.V1;
using Grpc.Core;

namespace Clawdex.LlmService.Tests.Hosting;

/// <summary>One whole answer as a client of the service sees it.</summary>
internal sealed record Answer(
    IReadOnlyList<Started> Started, IReadOnlyList<string> Deltas, Finished? Finished, Status Status, Metadata Trailers)
{
    public const string FailureTrailer = "failure-bin";

    public string Text => string.Concat(Deltas);

    /// <summary>What went wrong, as the status or the end of the answer tells.</summary>
    public Failure? Failure => Trailers.GetValueBytes(FailureTrailer) is { } bytes ? Failure.Parser.ParseFrom(bytes) : Finished?.Failure;

    /// <summary>The same in short: "kind: the provider's words".</summary>
    public string Facts => Failure is null ? "" : Failure.ProviderSays.Length == 0 ? $"{Failure.Kind}" : $"{Failure.Kind}: {Failure.ProviderSays}";

    public string? RetryAfterMs => Failure is { RetryAfterMs: > 0 and var wait } ? wait.ToString(CultureInfo.InvariantCulture) : null;
}

internal static class AnswerReading
{
    public static StreamChatRequest Question(string model, string text) =>
        new() { Model = model, Messages = { new ChatMessage { Role = Role.User, Content = text } } };

    public static Task<Answer> AskAsync(this LlmServiceHost service, string model, string text = "Hello") =>
        service.AskAsync(Question(model, text));

    public static async Task<Answer> AskAsync(this LlmServiceHost service, StreamChatRequest request)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var call = service.Client.StreamChat(request, cancellationToken: cancellationToken);
        return await call.CollectAsync(cancellationToken);
    }

    public static async Task<Answer> CollectAsync(this AsyncServerStreamingCall<StreamChatResponse> call, CancellationToken cancellationToken)
    {
        var started = new List<Started>();
        var deltas = new List<string>();
        Finished? finished = null;
        try
        {
            await foreach (var response in call.ResponseStream.ReadAllAsync(cancellationToken))
            {
                if (response.Started is not null)
                    started.Add(response.Started);
                if (response.Delta is not null)
                    deltas.Add(response.Delta.Text);
                finished ??= response.Finished;
            }

            return new Answer(started, deltas, finished, call.GetStatus(), call.GetTrailers());
        }
        catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
        {
            return new Answer(started, deltas, finished, exception.Status, exception.Trailers);
        }
    }
}
