using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;

namespace Clawdex.LlmService.Providers.Http;

/// <summary>Undoes the coding <c>deflate</c>, which is zlib's format by its definition; some servers leave out its header.</summary>
internal sealed class DeflatedStream(Stream inner) : ReadOnlyStream
{
    private Stream? _plain;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _plain ??= await OpenAsync(cancellationToken);
        return await _plain.ReadAsync(buffer, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _plain?.Dispose();
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<Stream> OpenAsync(CancellationToken cancellationToken)
    {
        var pipe = PipeReader.Create(inner);
        var beginning = (await pipe.ReadAtLeastAsync(2, cancellationToken)).Buffer;
        // RFC 1950: the method deflate, and two bytes that are a multiple of 31.
        var hasHeader = beginning.Length >= 2 && beginning.Slice(0, 2).ToArray() is var head
            && (head[0] & 0x0F) == 8 && ((head[0] << 8) | head[1]) % 31 == 0;
        // The stream begins with what was only looked at.
        pipe.AdvanceTo(beginning.Start);
        if (hasHeader)
            return new ZLibStream(pipe.AsStream(), CompressionMode.Decompress);
        return new DeflateStream(pipe.AsStream(), CompressionMode.Decompress);
    }
}
