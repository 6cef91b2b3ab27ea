using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Clawdex.Emulators.Tests.Updates;

/// <summary>Delivery to a real listener.</summary>
public sealed class WebhookTests : EmulatorTest
{
    private readonly Channel<(string Secret, JsonElement Update)> _received = Channel.CreateUnbounded<(string, JsonElement)>();
    private readonly Queue<Func<HttpContext, Task>> _answers = new();

    [Fact]
    public async Task Updates_arrive_with_the_secret_and_are_confirmed_by_200()
    {
        await using var hook = await ListenAsync();
        var set = await Bot.CallAsync("setWebhook", new { url = hook.Urls.Single(), secret_token = "s3cret_-" }, Stop);
        await Ada.SendTextAsync("hello", Stop);

        var (secret, update) = await _received.Reader.ReadAsync(Stop);
        Assert.Equal("Webhook was set", set.Error);
        Assert.Equal(("s3cret_-", "hello"), (secret, update.GetProperty("message").GetProperty("text").GetString()));
        await Ada.SendTextAsync("again", Stop);
        Assert.Equal("again", (await _received.Reader.ReadAsync(Stop)).Update.GetProperty("message").GetProperty("text").GetString());
    }

    [Fact]
    public async Task A_refused_update_is_delivered_again_and_the_failure_is_shown()
    {
        _answers.Enqueue(context =>
        {
            context.Response.StatusCode = 503;
            context.Response.Headers.RetryAfter = "1";
            return Task.CompletedTask;
        });
        await using var hook = await ListenAsync();
        await Bot.CallAsync("setWebhook", new { url = hook.Urls.Single() }, Stop);
        await Ada.SendTextAsync("hello", Stop);

        var first = (await _received.Reader.ReadAsync(Stop)).Update;
        var second = (await _received.Reader.ReadAsync(Stop)).Update;
        Assert.Equal(first.GetProperty("update_id").GetInt32(), second.GetProperty("update_id").GetInt32());
        var info = (await Bot.CallAsync("getWebhookInfo", new { }, Stop)).Result;
        Assert.Equal("Wrong response from the webhook: 503 Service Unavailable", info.GetProperty("last_error_message").GetString());
        Assert.Equal(hook.Urls.Single(), info.GetProperty("url").GetString());
    }

    [Fact]
    public async Task One_chat_is_delivered_in_order_while_another_goes_on()
    {
        var release = new TaskCompletionSource();
        _answers.Enqueue(_ => release.Task);
        await using var hook = await ListenAsync();
        var bob = await Telegram.Control.CreatePrivateChatAsync("Bob", Stop);
        await Bot.CallAsync("setWebhook", new { url = hook.Urls.Single() }, Stop);
        await Ada.SendTextAsync("1", Stop);
        Assert.Equal("1", await NextTextAsync());
        await Ada.SendTextAsync("2", Stop);
        await bob.SendTextAsync("from Bob", Stop);

        Assert.Equal("from Bob", await NextTextAsync());
        release.SetResult();
        Assert.Equal("2", await NextTextAsync());
    }

    [Fact]
    public async Task An_answer_can_carry_a_call()
    {
        _answers.Enqueue(context => context.Response.WriteAsJsonAsync(new { method = "sendMessage", chat_id = Ada.Id, text = "by reply" }, Stop));
        await using var hook = await ListenAsync();
        await Bot.CallAsync("setWebhook", new { url = hook.Urls.Single() }, Stop);
        await Ada.SendTextAsync("hello", Stop);

        await Ada.WaitForBotMessageAsync(message => message.Text == "by reply", Patience, Stop);
    }

    [Theory]
    [InlineData("ftp://127.0.0.1/", "", "invalid webhook URL specified")]
    [InlineData("https://example.com/", "", "bad webhook: the emulator delivers to this machine only")]
    [InlineData("http://127.0.0.1/", "no spaces", "secret token contains unallowed characters")]
    public async Task Settings_are_checked(string url, string secret, string error)
    {
        var answer = await Bot.CallAsync("setWebhook", new { url, secret_token = secret }, Stop);

        Assert.Equal($"Bad Request: {error}", answer.Error);
    }

    private async Task<string?> NextTextAsync() =>
        (await _received.Reader.ReadAsync(Stop)).Update.GetProperty("message").GetProperty("text").GetString();

    /// <summary>A webhook that notes what arrives and answers as scripted, then 200.</summary>
    private async Task<WebApplication> ListenAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(async context =>
        {
            using var json = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: Stop);
            Func<HttpContext, Task>? answer;
            lock (_answers)
                _answers.TryDequeue(out answer);
            await _received.Writer.WriteAsync((context.Request.Headers["X-Telegram-Bot-Api-Secret-Token"].ToString(), json.RootElement.Clone()), Stop);
            if (answer is not null)
                await answer(context);
        });
        await app.StartAsync(Stop);
        return app;
    }
}
