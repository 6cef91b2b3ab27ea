using System.Threading.Channels;
using Clawdex.Gateway.Telegram;

namespace Clawdex.Gateway.Replies;

/// <summary>
/// The text of a reply on its way to the chat: takes the model's pieces, and has them shown at the pacer's pace until its end.
/// The only place where an <see cref="EditPacer"/>'s answers become waiting.
/// </summary>
internal sealed class PacedText
{
    private readonly EditPacer _pacer;
    private readonly Channel<string> _chunks =
        Channel.CreateBounded<string>(new BoundedChannelOptions(1024) { SingleReader = true, SingleWriter = true });

    /// <param name="show">Brings the chat to the text so far.</param>
    public PacedText(EditPacer pacer, Func<PacerStep.Show, CancellationToken, Task<SendResult?>> show, TimeProvider time, CancellationToken cancellationToken)
    {
        _pacer = pacer;
        Shown = ShowAllAsync(show, time, cancellationToken);
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

    /// <summary>
    /// Shows an answer while it arrives and returns when its complete text is shown. If the stream ends with an error, the text
    /// up to there is shown as complete, and then the error is thrown. Cancellation throws at once.
    /// </summary>
    /// <param name="show">Brings the chat to a frame; called again only after it has answered.</param>
    public static async Task RunAsync(
        EditPacer pacer,
        ChannelReader<string> chunks,
        Func<PacerStep.Show, CancellationToken, Task<SendResult?>> show,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        Task? more = null;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            while (chunks.TryRead(out var chunk))
                pacer.Append(chunk);
            if (chunks.Completion.IsCompleted)
                pacer.Complete();

            switch (pacer.Next())
            {
                case PacerStep.Show frame:
                    pacer.Settle(await show(frame, cancellationToken));
                    break;
                case PacerStep.Wait wait when chunks.Completion.IsCompleted:
                    await Task.Delay(wait.AtMost, time, cancellationToken);
                    break;
                case PacerStep.Wait wait:
                    // The read outlives a wait that ends by time. Neither end of it is an exception worth throwing here:
                    // a timeout is ordinary, and the loop's head sees cancellation and a broken stream.
                    more = more is { IsCompleted: false } ? more : chunks.WaitToReadAsync(cancellationToken).AsTask();
                    await more.WaitAsync(wait.AtMost, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    break;
                default:
                    await chunks.Completion;
                    return;
            }
        }
    }

    private async Task ShowAllAsync(Func<PacerStep.Show, CancellationToken, Task<SendResult?>> show, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await RunAsync(_pacer, _chunks.Reader, show, time, cancellationToken);
        }
        finally
        {
            // Whoever still appends must not wait for a reader that is gone.
            Complete();
        }
    }
}
