using System.Threading.Channels;
using Clawdex.Gateway.Markdown;

namespace Clawdex.Gateway.Replies;

/// <summary>One attempt at the text of a reply: takes the model's pieces, and has them shown at the pacer's pace until its end.</summary>
internal sealed class ReplyDraft
{
    private readonly EditPacer _pacer;
    private readonly Channel<string> _chunks =
        Channel.CreateBounded<string>(new BoundedChannelOptions(1024) { SingleReader = true, SingleWriter = true });

    /// <param name="show">Brings the chat to the text so far.</param>
    public ReplyDraft(
        EditPacer pacer, Func<GrowingText, PacerStep.Show, CancellationToken, Task<FrameResult>> show, TimeProvider time, CancellationToken cancellationToken)
    {
        _pacer = pacer;
        var text = new GrowingText();
        Shown = ShowAllAsync((frame, cancel) => show(text, frame, cancel), time, cancellationToken);
    }

    /// <summary>Ends when the complete text is shown.</summary>
    public Task Shown { get; }

    /// <summary>Waits when far more waits than can be shown.</summary>
    /// <remarks>Once nothing can be shown any more, it throws what <see cref="Shown"/> ended with.</remarks>
    public async ValueTask AppendAsync(string chunk, CancellationToken cancellationToken)
    {
        try
        {
            await _chunks.Writer.WriteAsync(chunk, cancellationToken);
        }
        catch (ChannelClosedException)
        {
            await Shown;
            throw;
        }
    }

    /// <summary>Nothing follows.</summary>
    public void Complete() => _chunks.Writer.TryComplete();

    /// <summary>Leaves the chat as it is.</summary>
    public Task AbandonAsync()
    {
        _pacer.Cancel();
        Complete();
        return Shown;
    }

    private async Task ShowAllAsync(
        Func<PacerStep.Show, CancellationToken, Task<FrameResult>> show, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await PacedStream.RunAsync(_pacer, _chunks.Reader, show, time, cancellationToken);
        }
        finally
        {
            // Whoever still appends must not wait for a reader that is gone.
            _chunks.Writer.TryComplete();
        }
    }
}
