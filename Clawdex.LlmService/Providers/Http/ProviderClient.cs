using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;

namespace Clawdex.LlmService.Providers.Http;

/// <summary>
/// Carries one chat request to a provider and its answer back. Makes exactly one attempt, and whatever goes wrong comes out
/// as a last <see cref="ChatEvent.Failed"/>; only the caller's own cancellation is thrown.
/// </summary>
internal sealed class ProviderClient(ProviderHttp http, IOptions<LlmOptions> options, TimeProvider timeProvider)
{
    /// <summary>Deltas, then one finished or failed.</summary>
    public async IAsyncEnumerable<ChatEvent> StreamAsync(
        IChatProvider provider, ChatRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var idle = new IdleTimer(options.Value.IdleTimeout, timeProvider, cancellationToken);
        switch (await http.SendAsync(provider, provider.CreateChatRequest(request), request.ModelId, idle))
        {
            case SendResult.Failed { Failure: var failure }:
                yield return new ChatEvent.Failed(failure);
                break;
            case SendResult.Answered { Response: var response }:
                using (response)
                {
                    await foreach (var next in AnswerReader.ReadAsync(provider, request.ModelId, response, idle, cancellationToken))
                        yield return next;
                }

                break;
        }
    }
}
