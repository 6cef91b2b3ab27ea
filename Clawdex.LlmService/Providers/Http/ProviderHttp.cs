using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.Options;

namespace Clawdex.LlmService.Providers.Http;

/// <summary>What came of a request: a response of status 2xx, which the receiver disposes, or the reason why there is none.</summary>
internal readonly record struct Sent(HttpResponseMessage? Response, ProviderFailure? Failure)
{
    [MemberNotNullWhen(true, nameof(Response))]
    [MemberNotNullWhen(false, nameof(Failure))]
    public bool IsAnswered => Response is not null;
}

/// <summary>
/// Carries single requests to providers and what they answer back. Whatever goes wrong comes out as a
/// <see cref="ProviderFailure"/>; only the caller's own cancellation is thrown.
/// </summary>
internal sealed class ProviderHttp(IHttpClientFactory clients, IOptions<LlmOptions> options, TimeProvider timeProvider)
{
    public const string ClientName = "provider";

    /// <summary>Each one may blow up the next; a proxy adds one.</summary>
    private const int MaxCodings = 2;

    private const int MaxErrorBytes = 64 * 1024;

    /// <summary>More than most bodies have; a longer one gets a longer buffer.</summary>
    private const int FirstBufferBytes = 16 * 1024;

    /// <summary>
    /// A server of one's own loads a model when it is asked for it, which takes minutes, and drops it when nobody asks for so long:
    /// Ollama's own default.
    /// </summary>
    private static readonly TimeSpan StaysLoaded = TimeSpan.FromMinutes(5);

    /// <summary>When the models of such servers answered last. Only models that exist get in here, so they are few.</summary>
    private readonly ConcurrentDictionary<string, long> _answeredAt = [];

    /// <summary>Watches one request and its response.</summary>
    public IdleTimer CreateTimer(CancellationToken cancellationToken) => new(options.Value.IdleTimeout, timeProvider, cancellationToken);

    /// <summary>Makes exactly one attempt: deltas, then one finished or failed.</summary>
    public async IAsyncEnumerable<ChatEvent> StreamAsync(
        IChatProvider provider, ChatRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var mayLoad = provider.LoadsModels && options.Value.LoadTimeout > options.Value.IdleTimeout && !IsLoaded(request.ModelId);
        using var idle = new IdleTimer(options.Value.IdleTimeout, timeProvider, cancellationToken, mayLoad ? options.Value.LoadTimeout : null);
        var sent = await SendAsync(provider, provider.CreateChatRequest(request), idle);
        if (!sent.IsAnswered)
        {
            yield return new ChatEvent.Failed(sent.Failure);
            yield break;
        }

        using var response = sent.Response;
        try
        {
            await foreach (var next in AnswerReader.ReadAsync(provider, request.ModelId, response, idle, cancellationToken))
                yield return next;
        }
        finally
        {
            if (provider.LoadsModels && idle.HasHeard)
                _answeredAt[request.ModelId] = timeProvider.GetTimestamp();
        }
    }

    public async Task<Sent> SendAsync(IChatProvider provider, HttpRequestMessage request, IdleTimer idle)
    {
        using var disposed = request;
        var sent = await SendOnceAsync(request, idle);
        if (sent.Response is not { } response || (response.IsSuccessStatusCode && IsDecodable(response)))
            return sent;
        using (response)
            return new Sent(null, await ReadErrorAsync(provider, response, idle));
    }

    /// <summary>The body's beginning as text; what came before an I/O error counts.</summary>
    public static async Task<string> ReadTextAsync(HttpResponseMessage response, int maxBytes, IdleTimer idle)
    {
        var text = new ArrayBufferWriter<byte>(Math.Min(maxBytes, FirstBufferBytes));
        try
        {
            await using var body = await OpenBodyAsync(response, idle);
            while (text.WrittenCount < maxBytes && await body.ReadAsync(Room(text, maxBytes), idle.Token) is > 0 and var read)
                text.Advance(read);
        }
        catch (Exception exception) when (IsBrokenBody(exception) || idle.Expired)
        {
            // An error's explanation that is cut off still explains more than the I/O error would.
        }

        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    /// <summary>
    /// The body, each read of which is timed. Requests offer no compression, since compressors hold words back, but a proxy on the
    /// way may add one: it is undone.
    /// </summary>
    public static async Task<Stream> OpenBodyAsync(HttpResponseMessage response, IdleTimer idle)
    {
        Stream raw = new IdleTimeoutStream(await response.Content.ReadAsStreamAsync(idle.Token), idle);
        return response.Content.Headers.ContentEncoding.Reverse().Aggregate(raw, (inner, coding) => coding.ToUpperInvariant() switch
        {
            "GZIP" or "X-GZIP" => new GZipStream(inner, CompressionMode.Decompress),
            "DEFLATE" => new DeflatedStream(inner),
            "BR" => new BrotliStream(inner, CompressionMode.Decompress),
            _ => inner,
        });
    }

    /// <summary>The connection broke, or the bytes are not what the coding says; Brotli calls that an invalid operation.</summary>
    public static bool IsBrokenBody(Exception exception) => exception is IOException or InvalidDataException or InvalidOperationException;

    private static bool IsDecodable(HttpResponseMessage response) =>
        response.Content.Headers.ContentEncoding is { Count: <= MaxCodings } codings
        && codings.All(coding => coding.ToUpperInvariant() is "GZIP" or "X-GZIP" or "DEFLATE" or "BR" or "IDENTITY");

    private static Memory<byte> Room(ArrayBufferWriter<byte> text, int maxBytes) =>
        text.GetMemory() is var room && room.Length > maxBytes - text.WrittenCount ? room[..(maxBytes - text.WrittenCount)] : room;

    private bool IsLoaded(string modelId) => _answeredAt.TryGetValue(modelId, out var at) && timeProvider.GetElapsedTime(at) < StaysLoaded;

    private async Task<Sent> SendOnceAsync(HttpRequestMessage request, IdleTimer idle)
    {
        idle.Start();
        try
        {
            return new Sent(await clients.CreateClient(ClientName).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, idle.Token), null);
        }
        catch (OperationCanceledException) when (idle.Expired)
        {
            return new Sent(null, new ProviderFailure(idle.Failure));
        }
        catch (HttpRequestException exception) when (!idle.Token.IsCancellationRequested)
        {
            return new Sent(null, new ProviderFailure(exception.HttpRequestError switch
            {
                HttpRequestError.NameResolutionError => FailureKind.HostNotFound,
                HttpRequestError.SecureConnectionError => FailureKind.NotSecure,
                HttpRequestError.InvalidResponse => FailureKind.NotHttp,
                _ => FailureKind.Unreachable,
            }));
        }
        finally
        {
            idle.Stop();
        }
    }

    private static async Task<ProviderFailure> ReadErrorAsync(IChatProvider provider, HttpResponseMessage response, IdleTimer idle)
    {
        if (response.IsSuccessStatusCode)
            return new ProviderFailure(FailureKind.NotHttp);
        if ((int)response.StatusCode is >= 300 and < 400)
            return new ProviderFailure(FailureKind.Redirected);
        var body = IsDecodable(response) ? await ReadTextAsync(response, MaxErrorBytes, idle) : "";
        return ErrorReader.Read(body, provider.Key, (int)response.StatusCode, response.Headers);
    }
}
