using System.Threading.Channels;

namespace Clawdex.Gateway.Replies;

/// <summary>The loop between a stream of chunks and a chat: the only place where an <see cref="EditPacer"/>'s answers become waiting.</summary>
internal static class PacedStream
{
    /// <summary>
    /// Shows an answer while it arrives and returns when its complete text is shown. If the stream ends with an error, the text
    /// up to there is shown as complete, and then the error is thrown. Cancellation throws at once.
    /// </summary>
    /// <param name="show">Brings the chat to a frame; called again only after it has answered.</param>
    public static async Task RunAsync(
        EditPacer pacer,
        ChannelReader<string> chunks,
        Func<PacerStep.Show, CancellationToken, Task<FrameResult>> show,
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
}
