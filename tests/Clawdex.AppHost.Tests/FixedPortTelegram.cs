using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Clawdex.AppHost.Tests;

/// <summary>The least of a Bot API server, on a port that the test chose: no update ever comes.</summary>
internal sealed class FixedPortTelegram : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TaskCompletionSource _polled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private FixedPortTelegram(WebApplication app) => _app = app;

    /// <summary>Completes when somebody asks for updates.</summary>
    public Task FirstPoll => _polled.Task;

    public static async Task<FixedPortTelegram> StartAsync(int port, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var telegram = new FixedPortTelegram(builder.Build());
        telegram._app.Urls.Add($"http://127.0.0.1:{port}");
        telegram._app.Map("/{bot}/{method}", telegram.AnswerAsync);
        await telegram._app.StartAsync(cancellationToken);
        return telegram;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task<IResult> AnswerAsync(string method, CancellationToken aborted)
    {
        if (method.Equals("getUpdates", StringComparison.OrdinalIgnoreCase))
        {
            _polled.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, aborted);
        }

        return Results.Text(
            method.ToUpperInvariant() switch
            {
                "GETME" => """{"ok":true,"result":{"id":123,"is_bot":true,"first_name":"Late","username":"late_bot"}}""",
                _ => """{"ok":true,"result":true}""",
            },
            "application/json");
    }
}
