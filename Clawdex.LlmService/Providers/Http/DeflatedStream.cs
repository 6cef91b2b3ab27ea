using System.IO.Compression;

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
        var head = new byte[2];
        var length = await inner.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken);
        // RFC 1950: the method deflate, and two bytes that are a multiple of 31.
        var hasHeader = length == 2 && (head[0] & 0x0F) == 8 && ((head[0] << 8) | head[1]) % 31 == 0;
        var whole = new BegunStream(head.AsMemory(0, length), inner);
        if (hasHeader)
            return new ZLibStream(whole, CompressionMode.Decompress);
        return new DeflateStream(whole, CompressionMode.Decompress);
    }

    /// <summary>A stream whose beginning has been read.</summary>
    private sealed class BegunStream(Memory<byte> beginning, Stream rest) : ReadOnlyStream
    {
        private Memory<byte> _beginning = beginning;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_beginning.IsEmpty)
                return rest.ReadAsync(buffer, cancellationToken);
            var count = Math.Min(_beginning.Length, buffer.Length);
            _beginning[..count].CopyTo(buffer);
            _beginning = _beginning[count..];
            return ValueTask.FromResult(count);
        }
    }
}
