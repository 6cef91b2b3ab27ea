using Clawdex.Gateway.Telegram;

namespace Clawdex.Gateway.Replies;

/// <summary>"typing…" in a chat, kept alive until it is disposed. Starts a moment late: what is quick needs no sign of life.</summary>
internal sealed class TypingIndicator : IAsyncDisposable
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(150);

    /// <summary>Telegram shows it for 5 s.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(4);

    private readonly TelegramChat _chat;
    private readonly Conversation _place;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _life;
    private readonly Task _loop;

    public TypingIndicator(TelegramChat chat, Conversation place, TimeProvider time, CancellationToken cancellationToken)
    {
        (_chat, _place, _time) = (chat, place, time);
        _life = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _loop = ShowAsync();
    }

    /// <summary>Ends it without waiting for a call that is on its way.</summary>
    public Task StopAsync() => _life.CancelAsync();

    public async ValueTask DisposeAsync()
    {
        await _life.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _life.Dispose();
    }

    private async Task ShowAsync()
    {
        for (var pause = Delay; ; pause = Period)
        {
            await Task.Delay(pause, _time, _life.Token);
            await _chat.ShowTypingAsync(_place, _life.Token);
        }
    }
}
