using System.Buffers;
using System.Text;

namespace Clawdex.LlmService.Providers.Http;

/// <summary>What came of sending a request: a response of status 2xx, or the reason why there is none.</summary>
internal abstract record SendResult
{
    private SendResult()
    {
    }

    /// <summary>The headers are here, the body follows. The receiver disposes the response.</summary>
    public sealed record Answered(HttpResponseMessage Response) : SendResult;

    public sealed record Failed(ProviderFailure Failure) : SendResult;
}

/// <summary>Sends single HTTP requests to providers and puts everything that can go wrong into words.</summary>
internal sealed class ProviderHttp(IHttpClientFactory clients)
{
    public const string ClientName = "provider";

    private const int MaxErrorBytes = 64 * 1024;

    /// <summary>More than most bodies have; a longer one gets a longer buffer.</summary>
    private const int FirstBufferBytes = 16 * 1024;

    /// <param name="modelId">For the message when the provider does not know it; empty = none was asked for.</param>
    public async Task<SendResult> SendAsync(
        IChatProvider provider, HttpRequestMessage request, string modelId, IdleTimer idle)
    {
        using var sent = request;
        var result = await SendOnceAsync(provider, request, idle);
        if (result is not SendResult.Answered { Response: var response } || response.IsSuccessStatusCode)
            return result;

        using (response)
            return new SendResult.Failed(await FailureOfAsync(provider, modelId, response, idle));
    }

    /// <summary>The body's beginning as text; what came before an I/O error counts.</summary>
    public static async Task<string> ReadTextAsync(HttpResponseMessage response, int maxBytes, IdleTimer idle)
    {
        var text = new ArrayBufferWriter<byte>(Math.Min(maxBytes, FirstBufferBytes));
        try
        {
            await using var body = ContentCoding.Decode(response, new IdleTimeoutStream(await response.Content.ReadAsStreamAsync(idle.Token), idle));
            while (text.WrittenCount < maxBytes && await body.ReadAsync(Room(text, maxBytes), idle.Token) is > 0 and var read)
                text.Advance(read);
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException || idle.Expired)
        {
            // An error's explanation that is cut off still explains more than the I/O error would.
        }

        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    private static Memory<byte> Room(ArrayBufferWriter<byte> text, int maxBytes) =>
        text.GetMemory() is var room && room.Length > maxBytes - text.WrittenCount ? room[..(maxBytes - text.WrittenCount)] : room;

    private async Task<SendResult> SendOnceAsync(IChatProvider provider, HttpRequestMessage request, IdleTimer idle)
    {
        idle.Start();
        try
        {
            return new SendResult.Answered(
                await clients.CreateClient(ClientName).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, idle.Token));
        }
        catch (OperationCanceledException) when (idle.Expired)
        {
            return new SendResult.Failed(Failures.Silent(provider, idle.Limit));
        }
        catch (HttpRequestException exception) when (!idle.Token.IsCancellationRequested)
        {
            return new SendResult.Failed(Failures.Of(provider, exception));
        }
        finally
        {
            idle.Stop();
        }
    }

    private static async Task<ProviderFailure> FailureOfAsync(
        IChatProvider provider, string modelId, HttpResponseMessage response, IdleTimer idle)
    {
        var status = (int)response.StatusCode;
        if (status is >= 300 and < 400)
            return Failures.Redirected(provider);

        var body = await ReadTextAsync(response, MaxErrorBytes, idle);
        return provider.ReadError(status, response.Headers, body, modelId);
    }
}
