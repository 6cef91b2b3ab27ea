using System.IO.Compression;

namespace Clawdex.LlmService.Providers.Http;

/// <summary>
/// Undoes a compression that nobody asked for: requests do not offer any, since compressors hold words back, but a proxy on
/// the way may add one.
/// </summary>
internal static class ContentCoding
{
    public static Stream Decode(HttpResponseMessage response, Stream body) =>
        response.Content.Headers.ContentEncoding.Reverse().Aggregate(body, (inner, coding) => coding.ToUpperInvariant() switch
        {
            "GZIP" or "X-GZIP" => new GZipStream(inner, CompressionMode.Decompress),
            "DEFLATE" => new ZLibStream(inner, CompressionMode.Decompress),
            "BR" => new BrotliStream(inner, CompressionMode.Decompress),
            _ => inner,
        });
}
