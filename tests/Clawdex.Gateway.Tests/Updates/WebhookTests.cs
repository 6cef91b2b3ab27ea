using System.Diagnostics;
using System.Net;
using System.Text;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Testing;
using Clawdex.Testing.Telemetry;
using Microsoft.Extensions.Time.Testing;
using Telegram.Bot;

namespace Clawdex.Gateway.Tests.Updates;

public sealed class WebhookTests
{
    private const string Secret = "a-secret_of-the-two";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_update_is_taken_from_who_knows_the_secret_and_answered_after_it_was_stored()
    {
        await using var gateway = await StartAsync();
        using var http = gateway.Client();
        var chat = await gateway.ChatAsync();

        var response = await PostAsync(http, Update(chat.Id, "by webhook"), Secret);

        Assert.Equal(HttpStatusCode.OK, response);
        Assert.Single(gateway.Sessions.TurnsOf(chat.Id));
        await chat.ReadsAsync("Echo: by webhook");
        Assert.Equal(HttpStatusCode.OK, await PostAsync(http, Update(chat.Id, "by webhook"), Secret));
        Assert.Single(gateway.Sessions.TurnsOf(chat.Id));
    }

    [Fact]
    public async Task A_webhook_that_somebody_removes_is_registered_again()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var gateway = await PrepareAsync(time);
        await gateway.StartGatewayAsync();
        var bot = new TelegramBotClient(new TelegramBotClientOptions(gateway.Telegram.Token, gateway.Telegram.BaseAddress.ToString()));
        await Eventually.TrueAsync(async cancel => (await bot.GetWebhookInfo(cancel)).Url.Length > 0);
        await bot.DeleteWebhook(cancellationToken: Cancel);

        await Eventually.TrueAsync(async cancel =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return (await bot.GetWebhookInfo(cancel)).Url == "http://127.0.0.1:9/telegram/updates";
        });

        Assert.InRange(time.GetUtcNow() - time.Start, TimeSpan.Zero, TimeSpan.FromSeconds(100));
    }

    [Theory]
    [InlineData("")]
    [InlineData("wrong")]
    [InlineData("a-secret_of-the-two!")]
    public async Task Who_does_not_know_the_secret_is_turned_away(string secret)
    {
        await using var gateway = await StartAsync();
        using var http = gateway.Client();
        var chat = await gateway.ChatAsync();

        Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync(http, Update(chat.Id, "let me in"), secret));
        Assert.Empty(gateway.Sessions.Turns);
    }

    [Theory]
    [InlineData("no json", HttpStatusCode.BadRequest)]
    [InlineData("", HttpStatusCode.BadRequest)]
    [InlineData("{\"update_id\":7,\"message\":\"malformed\"}", HttpStatusCode.OK)]
    [InlineData("{\"update_id\":8,\"telepathy\":{}}", HttpStatusCode.OK)]
    [InlineData("{\"update_id\":\"9\",\"message\":{}}", HttpStatusCode.OK)]
    [InlineData("{\"update_id\":null,\"message\":{}}", HttpStatusCode.OK)]
    [InlineData("{\"message\":{}}", HttpStatusCode.OK)]
    [InlineData("[]", HttpStatusCode.OK)]
    public async Task Whatever_else_is_delivered_is_answered(string body, HttpStatusCode status)
    {
        await using var gateway = await StartAsync();
        using var http = gateway.Client();

        Assert.Equal(status, await PostAsync(http, body, Secret));
    }

    [Fact]
    public async Task An_update_that_nests_as_deep_as_telegram_allows_is_taken()
    {
        await using var gateway = await StartAsync();
        using var http = gateway.Client();
        var nested = string.Concat(Enumerable.Repeat("""{"blocks":[{"type":"list","items":[""", 16)) + string.Concat(Enumerable.Repeat("]}]}", 16));

        Assert.Equal(HttpStatusCode.OK, await PostAsync(http, $$"""{"update_id":9,"message":{"message_id":1,"rich_message":{{nested}} } }""", Secret));
    }

    [Fact]
    public async Task A_proxy_that_does_not_say_how_long_the_update_is_is_understood()
    {
        await using var gateway = await StartAsync();
        using var http = gateway.PlainClient();
        var chat = await gateway.ChatAsync();

        Assert.Equal(HttpStatusCode.OK, await PostAsync(http, new Chunked(Update(chat.Id, "in chunks")), Secret));

        await chat.ReadsAsync("Echo: in chunks");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_larger_than_any_update_is_turned_away_with_or_without_a_length(bool hasLength)
    {
        await using var gateway = await StartAsync();
        using var http = gateway.PlainClient();
        var huge = Update(7, new string('x', 1024 * 1024));

        var status = await PostAsync(http, hasLength ? new StringContent(huge) : new Chunked(huge), Secret);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status);
        Assert.Empty(gateway.Sessions.Turns);
    }

    [Fact]
    public async Task The_public_endpoint_takes_deliveries_and_shows_nothing_else()
    {
        await using var gateway = await PrepareAsync();
        var endpoints = gateway.StartOnSockets();
        using var inside = new HttpClient { BaseAddress = endpoints[0] };
        using var outside = new HttpClient { BaseAddress = endpoints[1] };
        await Eventually.TrueAsync(async cancel => (await inside.GetAsync("/health", cancel)).IsSuccessStatusCode);
        var chat = await gateway.ChatAsync();

        Assert.All(
            await Task.WhenAll(((string[])["/health", "/alive", "/bot", "/", "/telegram/updates/health", "/Health?x"]).Select(path => outside.GetAsync(path, Cancel))),
            answer => Assert.Equal((HttpStatusCode.NotFound, 0), (answer.StatusCode, answer.Content.Headers.ContentLength)));
        Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync(outside, Update(chat.Id, "let me in"), "wrong"));
        await Eventually.TrueAsync(async _ => await PostAsync(outside, Update(chat.Id, "by webhook"), Secret) == HttpStatusCode.OK);
        await chat.ReadsAsync("Echo: by webhook");
    }

    [Fact]
    public async Task No_request_has_a_span_and_an_update_that_is_taken_in_is_the_root_of_its_trace()
    {
        await using var collector = await OtlpCollector.StartAsync(Cancel);
        await using var gateway = await GatewayUnderTest.PrepareAsync(
            null,
            [
                ("channels:telegram:webhookUrl", "http://127.0.0.1:9/untraced"), ("channels:telegram:webhookSecret", Secret), ("channels:telegram:allowedUsers:0", "424242"),
                .. collector.Environment.Select(pair => (pair.Key, pair.Value)),
            ]);
        var owner = await gateway.Telegram.Control.CreateChatAsync(new() { Title = "Ada", Id = 424242 }, Cancel);
        await gateway.StartGatewayAsync();
        await Eventually.TrueAsync(() => gateway.Logs.GetSnapshot().Any(record => record.Says("delivers updates to the webhook")));
        using var http = gateway.Client();

        Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync(http, new StringContent(Update(owner.Id, "let me in")), "wrong", "/untraced"));
        Assert.Equal(HttpStatusCode.OK, await PostAsync(http, new StringContent(Update(99, "who are you?")), Secret, "/untraced"));
        Assert.Equal(HttpStatusCode.OK, await PostAsync(http, new StringContent(Update(99, "who?")), Secret, "/untraced"));
        Assert.Equal(HttpStatusCode.OK, await PostAsync(http, new StringContent(Update(owner.Id, "trace me")), Secret, "/untraced"));
        await owner.ReadsAsync("Echo: trace me");

        var trace = ActivityContext.Parse(gateway.Sessions.TurnsOf(owner.Id)[0].TraceParent, null).TraceId.ToHexString();
        await Eventually.TrueAsync(() => collector.Spans.Any(span => span is { Name: "update message", ParentId: "" } && span.TraceId == trace));
        await gateway.StopGatewayAsync();
        Assert.DoesNotContain(collector.Spans, span => span.Attributes.GetValueOrDefault("url.path") == "/untraced");
    }

    [Theory]
    [InlineData("/tg hö/x")]
    [InlineData("/tg%20h%C3%B6/x")]
    [InlineData("/{secret}/{*all}")]
    [InlineData("/a%2Fb/~c")]
    [InlineData("/tg/")]
    public async Task Whatever_path_the_URL_has_is_the_one_that_is_served(string path)
    {
        await using var gateway = await GatewayUnderTest.PrepareAsync(
            null, ("channels:telegram:webhookUrl", $"http://127.0.0.1:9{path}"), ("channels:telegram:webhookSecret", Secret));
        await gateway.StartGatewayAsync();
        using var http = gateway.Client();

        await Eventually.TrueAsync(async _ => await PostAsync(http, new StringContent("no json"), Secret, path) == HttpStatusCode.BadRequest);

        Assert.Equal(HttpStatusCode.NotFound, await PostAsync(http, new StringContent("no json"), Secret, "/elsewhere/x"));
    }

    [Fact]
    public async Task Without_a_configured_secret_every_gateway_of_the_bot_takes_the_same_one()
    {
        await using var gateway = await GatewayUnderTest.PrepareAsync(null, ("channels:telegram:webhookUrl", "http://127.0.0.1:9/telegram/updates"));
        var secret = Convert.ToHexString(new TelegramOptions { BotToken = gateway.Telegram.Token }.KeyFor("clawdex webhook"));

        for (var start = 0; start < 2; start++)
        {
            await gateway.StartGatewayAsync();
            using var http = gateway.Client();
            Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync(http, Update(7, "let me in"), ""));
            await Eventually.TrueAsync(async _ => await PostAsync(http, Update(7, "by webhook"), secret) == HttpStatusCode.OK);
            await gateway.StopGatewayAsync();
        }
    }

    private static Task<GatewayUnderTest> PrepareAsync(TimeProvider? time = null) => GatewayUnderTest.PrepareAsync(
        time, ("channels:telegram:webhookUrl", "http://127.0.0.1:9/telegram/updates"), ("channels:telegram:webhookSecret", Secret));

    private static async Task<GatewayUnderTest> StartAsync()
    {
        // The emulator delivers to this machine only; the tests deliver themselves.
        var gateway = await PrepareAsync();
        await gateway.StartGatewayAsync();
        await Eventually.TrueAsync(() => gateway.Logs.GetSnapshot().Any(record => record.Says("delivers updates to the webhook")));
        return gateway;
    }

    private static string Update(long chatId, string text) =>
        $$$"""{"update_id":77,"message":{"message_id":5,"date":{{{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() / 1000 * 1000 + 999}}},"chat":{"id":{{{chatId}}},"type":"private"},"from":{"id":{{{chatId}}},"is_bot":false,"first_name":"Ann"},"text":"{{{text}}}"}}""";

    private static Task<HttpStatusCode> PostAsync(HttpClient http, string body, string secret) =>
        PostAsync(http, new StringContent(body, Encoding.UTF8, "application/json"), secret);

    private static async Task<HttpStatusCode> PostAsync(HttpClient http, HttpContent content, string secret, string path = "/telegram/updates")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative)) { Content = content };
        request.Headers.Add("X-Telegram-Bot-Api-Secret-Token", secret);
        using var response = await http.SendAsync(request, Cancel);
        return response.StatusCode;
    }

    /// <summary>A body whose length nobody announces.</summary>
    private sealed class Chunked(string text) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            stream.WriteAsync(Encoding.UTF8.GetBytes(text)).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
