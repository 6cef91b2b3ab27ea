using System.IO.Compression;

namespace Clawdex.LlmService.Tests.Hosting;

/// <summary>What a proxy on the way may do to a response.</summary>
internal static class Compression
{
    /// <param name="coding">As in <c>Content-Encoding</c>, or <c>rawdeflate</c>; one that .NET lacks leaves the bytes as they are.</param>
    /// <param name="bytes">What is compressed.</param>
    public static byte[] Compress(string coding, byte[] bytes)
    {
        using var compressed = new MemoryStream();
        using (Stream compressor = coding switch
        {
            "gzip" => new GZipStream(compressed, CompressionMode.Compress, leaveOpen: true),
            "br" => new BrotliStream(compressed, CompressionMode.Compress, leaveOpen: true),
            "deflate" => new ZLibStream(compressed, CompressionMode.Compress, leaveOpen: true),
            "rawdeflate" => new DeflateStream(compressed, CompressionMode.Compress, leaveOpen: true),
            _ => compressed,
        })
        {
            compressor.Write(bytes);
        }

        return compressed.ToArray();
    }
}
