using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Clawdex.LlmService.Providers.Http;

/// <summary>A server sends more than any answer holds; no well-behaved one comes near the limits.</summary>
internal sealed class SseLimitException : IOException;

/// <summary>
/// Reads server-sent events as servers really send them. Beyond the standard it takes llama.cpp's field <c>error</c> for an
/// event, ends an event where the blank line is missing, keeps what is no event at all (an error or a whole answer as
/// plain JSON, words, a web page), and stops at what would never end.
/// </summary>
/// <remarks>
/// Not <see cref="System.Net.ServerSentEvents.SseParser"/>: that one hides comments, unknown fields and stray lines, and has no
/// bound, so all of it would have to be read twice.
/// </remarks>
internal sealed class SseReader(Stream body)
{
    /// <summary>For an event, and for what is none. A picture inside an answer has a few MiB.</summary>
    public const int MaxBytes = 32 * 1024 * 1024;

    private const int MaxLinesWithoutData = 1000;
    private const int FirstBufferBytes = 16 * 1024;

    private readonly ArrayBufferWriter<byte> _data = new();
    private readonly ArrayBufferWriter<byte> _stray = new();
    private byte[] _buffer = new byte[FirstBufferBytes];
    private byte[]? _next;
    private int _start;
    private int _end;
    private int _searched;
    private int _linesWithoutData;
    private bool _isFirstLine = true;
    private bool _afterCarriageReturn;
    private bool _hasData;
    private bool _sawData;
    private bool _ended;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>The data of the event; valid until the next one is read.</summary>
    public ReadOnlyMemory<byte> Data => _data.WrittenMemory;

    /// <summary>The event says by its name that it is an error.</summary>
    public bool IsError { get; private set; }

    /// <summary>What came outside any event.</summary>
    public string Stray => Encoding.UTF8.GetString(_stray.WrittenSpan);

    /// <summary>False at the end of the stream, and as soon as it turns out to be a web page.</summary>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        if (_hasData)
            Reset();
        while (true)
        {
            while (!_ended && TryReadLine(out var line))
            {
                if (Take(line.Span))
                    return true;
            }

            if (_ended)
                return _hasData;
            if (!await FillAsync(cancellationToken))
            {
                _ended = true;
                // The last line, and the event that no blank line ended.
                return (_end > _start && Take(_buffer.AsSpan(_start.._end))) || _hasData;
            }
        }
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_end == _buffer.Length && _start > 0)
        {
            _buffer.AsSpan(_start.._end).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);

        var count = await body.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        _end += count;
        Check(_end - _start);
        return count > 0;
    }

    private bool TryReadLine([NotNullWhen(true)] out ReadOnlyMemory<byte> line)
    {
        if (_afterCarriageReturn && _start < _end)
        {
            _start += _buffer[_start] is (byte)'\n' ? 1 : 0;
            _afterCarriageReturn = false;
        }

        var length = _buffer.AsSpan(_start + _searched, _end - _start - _searched).IndexOfAny((byte)'\r', (byte)'\n');
        if (length < 0)
        {
            _searched = _end - _start;
            line = default;
            return false;
        }

        line = _buffer.AsMemory(_start, _searched + length);
        _afterCarriageReturn = _buffer[_start + line.Length] is (byte)'\r';
        _start += line.Length + 1;
        _searched = 0;
        return true;
    }

    /// <summary>True when the line completes an event.</summary>
    private bool Take(ReadOnlySpan<byte> line)
    {
        if (_isFirstLine && line.StartsWith(ByteOrderMark))
            line = line[ByteOrderMark.Length..];
        _isFirstLine = false;
        if (line.IsEmpty)
        {
            // An event without data is none, whatever its name.
            IsError &= _hasData;
            return _hasData;
        }

        var colon = line.IndexOf((byte)':');
        var name = colon < 0 ? line : line[..colon];
        var value = colon < 0 ? [] : line[(colon + 1)..];
        value = value.StartsWith((byte)' ') ? value[1..] : value;
        if (name.SequenceEqual("data"u8))
        {
            _next = BeginsAnother(value) ? value.ToArray() : null;
            if (_next is null)
                Append(value);
            return _next is not null;
        }

        if (name.SequenceEqual("error"u8))
        {
            Append(value);
            return IsError = true;
        }

        if (name.SequenceEqual("event"u8))
            IsError = value.SequenceEqual("error"u8);
        if (!name.Trim(" \t"u8).IsEmpty && !name.SequenceEqual("event"u8) && !name.SequenceEqual("id"u8) && !name.SequenceEqual("retry"u8))
            Keep(line);
        else if (++_linesWithoutData > MaxLinesWithoutData)
            throw new SseLimitException();
        return false;
    }

    // Within one value nothing like it can follow.
    private bool BeginsAnother(ReadOnlySpan<byte> value) =>
        _hasData && !IsError && _data.WrittenSpan.TrimEnd(" \t"u8).EndsWith("}"u8)
        && (value.TrimStart(" \t"u8).StartsWith("{"u8) || value.TrimStart(" \t"u8).StartsWith("[DONE]"u8));

    private void Append(ReadOnlySpan<byte> value)
    {
        Check(_data.WrittenCount + value.Length);
        if (_hasData)
            _data.Write("\n"u8);
        _data.Write(value);
        (_hasData, _sawData) = (true, true);
        _linesWithoutData = 0;
    }

    private void Keep(ReadOnlySpan<byte> line)
    {
        Check(_stray.WrittenCount + line.Length);
        _ended = !_sawData && _stray.WrittenCount == 0 && WebPage.Is(line);
        _stray.Write(line);
        _stray.Write("\n"u8);
    }

    private void Reset()
    {
        _data.ResetWrittenCount();
        (_hasData, IsError) = (false, false);
        if (_next is { } value)
            Append(value);
        _next = null;
    }

    private static void Check(int bytes)
    {
        if (bytes > MaxBytes)
            throw new SseLimitException();
    }
}
