using System.Net;
using System.Text;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;
using Clawdex.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using Telegram.Bot;
using Telegram.Bot.Types.Enums;

namespace Clawdex.Gateway.Tests.Updates;

/// <summary>Several gateways behind one webhook: who sets it, and what comes of the deliveries when one of them ends.</summary>
public sealed class WebhookOfSeveralTests
{
    private const string Secret = "a-secret_of-the-two";
    private const string Nowhere = "http://127.0.0.1:9/telegram/updates";

    private static readonly UpdateType[] Kinds = [UpdateType.Message, UpdateType.EditedMessage, UpdateType.CallbackQuery, UpdateType.MyChatMember];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_gateway_that_starts_within_the_same_second_as_another_finds_the_webhook_set()
    {
        await using var gateway = await PrepareAsync(Nowhere);
        await BotOf(gateway).SetWebhook(Nowhere, allowedUpdates: Kinds, secretToken: Secret, cancellationToken: Cancel);

        await gateway.StartGatewayAsync();
        await Eventually.TrueAsync(() => IsRegistered(gateway));

        Assert.DoesNotContain(gateway.Logs.GetSnapshot(), record => record.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task A_webhook_that_is_as_it_should_be_is_left_alone()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var gateway = await PrepareAsync(Nowhere, time);
        await gateway.StartGatewayAsync();
        await Eventually.TrueAsync(() => IsRegistered(gateway));
        var asked = gateway.Network.Calls("getWebhookInfo");

        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return gateway.Network.Calls("getWebhookInfo") >= asked + 3;
        });

        Assert.InRange((time.GetUtcNow() - time.Start).TotalMinutes, 3, 10);
        Assert.Equal(1, gateway.Network.Calls("setWebhook"));
    }

    [Fact]
    public async Task A_webhook_that_somebody_has_set_for_other_updates_is_set_again()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var gateway = await PrepareAsync(Nowhere, time);
        await gateway.StartGatewayAsync();
        await Eventually.TrueAsync(() => IsRegistered(gateway));
        var bot = BotOf(gateway);
        await bot.SetWebhook(Nowhere, allowedUpdates: [UpdateType.Poll], secretToken: "another-secret-of-16", cancellationToken: Cancel);

        await Eventually.TrueAsync(async cancel =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return (await bot.GetWebhookInfo(cancel)).AllowedUpdates?.Contains(UpdateType.Message) is true;
        });

        Assert.Contains(gateway.Logs.GetSnapshot(), record => record.Says("the webhook is set again"));
    }

    [Fact]
    public async Task A_delivery_that_cannot_be_taken_yet_says_when_to_come_again()
    {
        // Until Telegram has said who the bot is, nothing can be read by it.
        await using var gateway = await PrepareAsync(Nowhere, null, ("channels:telegram:apiBaseUrl", "http://127.0.0.1:9"));
        using var http = gateway.StartDisconnected();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/telegram/updates") { Content = new StringContent("{\"update_id\":7}", Encoding.UTF8, "application/json") };
        request.Headers.Add("X-Telegram-Bot-Api-Secret-Token", Secret);

        using var answer = await http.SendAsync(request, Cancel);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, TimeSpan.FromSeconds(1)), (answer.StatusCode, answer.Headers.RetryAfter?.Delta));
    }

    [Fact]
    public async Task When_one_of_two_gateways_ends_every_message_is_answered_once_and_in_order()
    {
        await using var balancer = await LoadBalancer.StartAsync(Cancel);
        await using var gateway = await PrepareAsync($"{balancer.Address}telegram/updates");
        await gateway.StartGatewayAsync();
        await Eventually.TrueAsync(() => IsRegistered(gateway));
        await using var second = gateway.StartAnother(new FakeLogCollector());
        balancer.Route(gateway.Client(), second.Http);
        var chats = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => gateway.ChatAsync()));

        var stopping = Task.CompletedTask;
        for (var i = 0; i < 6; i++)
        {
            foreach (var chat in chats)
                await chat.SayAsync($"message {i}");
            if (i == 2)
                stopping = gateway.StopGatewayAsync();
        }

        await stopping;
        foreach (var chat in chats)
            await chat.ReadsAsync("Echo: message 5");
        foreach (var chat in chats)
            Assert.Equal(Enumerable.Range(0, 6).Select(i => $"Echo: message {i}"), await chat.BotTextsAsync());
        await Eventually.TrueAsync(() => gateway.Sessions.Turns.All(turn => turn.State is TurnState.Delivered));
    }

    private static Task<GatewayUnderTest> PrepareAsync(string url, TimeProvider? time = null, params (string Key, string Value)[] settings) =>
        GatewayUnderTest.PrepareAsync(time, [("channels:telegram:webhookUrl", url), ("channels:telegram:webhookSecret", Secret), .. settings]);

    private static bool IsRegistered(GatewayUnderTest gateway) =>
        gateway.Logs.GetSnapshot().Any(record => record.Says("delivers updates to the webhook"));

    private static TelegramBotClient BotOf(GatewayUnderTest gateway) =>
        new(new TelegramBotClientOptions(gateway.Telegram.Token, gateway.Telegram.BaseAddress.ToString()));
}
