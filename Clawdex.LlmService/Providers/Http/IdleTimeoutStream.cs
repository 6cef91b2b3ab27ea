namespace Clawdex.LlmService.Providers.Http;

/// <summary>
/// Times each read of the raw response. It sits below SSE parsing because a comment line, which the parser hides, is a sign of
/// life too.
/// </summary>
internal sealed class IdleTimeoutStream(Stream inner, IdleTimer idle) : ReadOnlyStream
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        idle.Start();
        try
        {
            return await inner.ReadAsync(buffer, idle.Token);
        }
        finally
        {
            idle.Stop();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
