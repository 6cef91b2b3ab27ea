using System.Text;

namespace Clawdex.LlmService.Providers.Http;

/// <summary>A server sends lines or events without end; no well-behaved one comes near the limits.</summary>
internal sealed class SseLimitException(string message) : IOException(message);

/// <summary>
/// What <see cref="System.Net.ServerSentEvents.SseParser"/> does not do with a server that misbehaves: it caps the length of a
/// line and of an event, keeps the lines that are no SSE at all (an error as plain JSON), and ends the last event when the
/// server forgot the blank line.
/// </summary>
internal sealed class SseGuardStream(Stream inner) : ReadOnlyStream
{
    public const int MaxLineBytes = 1024 * 1024;
    public const int MaxEventBytes = 4 * 1024 * 1024;
    private const int MaxStrayBytes = 4 * 1024;

    private const byte CarriageReturn = (byte)'\r';
    private const byte LineFeed = (byte)'\n';
    private const byte FirstByteOfMark = 0xEF;

    private readonly List<byte> _stray = [];
    private int _lineBytes;
    private int _eventBytes;
    private LineKind _line;
    private bool _afterCarriageReturn;
    private bool _ended;
    private int _lineFeedsLeft = 2;

    private enum LineKind
    {
        Field,
        Comment,
        Stray,
    }

    /// <summary>The beginning of what came outside any SSE field, at most 4 KiB.</summary>
    public string Stray => Encoding.UTF8.GetString([.. _stray]);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_ended)
        {
            var count = await inner.ReadAsync(buffer, cancellationToken);
            if (count > 0 || buffer.IsEmpty)
            {
                Inspect(buffer.Span[..count]);
                return count;
            }

            _ended = true;
        }

        var rest = Math.Min(_lineFeedsLeft, buffer.Length);
        buffer.Span[..rest].Fill(LineFeed);
        _lineFeedsLeft -= rest;
        return rest;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }

    private void Inspect(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (_afterCarriageReturn && bytes[0] is LineFeed)
                bytes = bytes[1..];
            _afterCarriageReturn = false;

            var end = bytes.IndexOfAny(CarriageReturn, LineFeed);
            Add(end < 0 ? bytes : bytes[..end]);
            if (end < 0)
                return;

            EndLine();
            _afterCarriageReturn = bytes[end] is CarriageReturn;
            bytes = bytes[(end + 1)..];
        }
    }

    private void Add(ReadOnlySpan<byte> part)
    {
        if (part.Length == 0)
            return;
        if (_lineBytes == 0)
            _line = KindOf(part[0]);

        _lineBytes += part.Length;
        if (_line is LineKind.Field)
            _eventBytes += part.Length;
        if (_lineBytes > MaxLineBytes || _eventBytes > MaxEventBytes)
            throw new SseLimitException("A line or an event is too long.");
        if (_line is LineKind.Stray)
            Keep(part);
    }

    private void EndLine()
    {
        if (_lineBytes == 0)
            _eventBytes = 0;
        else if (_line is LineKind.Stray)
            Keep("\n"u8);
        _lineBytes = 0;
    }

    private void Keep(ReadOnlySpan<byte> part) => _stray.AddRange(part[..Math.Min(part.Length, MaxStrayBytes - _stray.Count)]);

    /// <summary>All fields begin with a letter; JSON and HTML do not.</summary>
    private static LineKind KindOf(byte first) => first switch
    {
        (byte)':' => LineKind.Comment,
        FirstByteOfMark => LineKind.Field,
        _ when char.IsAsciiLetter((char)first) => LineKind.Field,
        _ => LineKind.Stray,
    };
}
