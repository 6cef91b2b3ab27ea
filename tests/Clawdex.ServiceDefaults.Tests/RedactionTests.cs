using System.Diagnostics;
using Clawdex.ServiceDefaults.Calls;
using Clawdex.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using static Clawdex.ServiceDefaults.Tests.NewService;

namespace Clawdex.ServiceDefaults.Tests;

/// <summary>A service that is careless with secrets everywhere gives none away: not to a collector, not to any logging provider.</summary>
public sealed class RedactionTests
{
    private const string ForeignKey = "sk-or-v1-0123456789abcdef";

    private static readonly ActivitySource Source = new("Clawdex.Careless");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Spans_hold_no_secret_in_names_attributes_events_exceptions_links_or_statuses()
    {
        await using var service = await StartAsync(_ => { }, _ => { }, Cancel);
        using (var span = Source.StartActivity($"GET https://api.telegram.org/bot{BotToken}/getMe"))
        {
            Assert.NotNull(span);
            span.SetTag("url.full", $"https://api.telegram.org/file/bot{BotToken}/a.png").SetTag("url.path", $"/bot{BotToken}/getMe");
            span.SetTag("keys", new[] { ApiKey, "harmless" }).SetTag("address", new Uri($"http://host/?key={ApiKey}"));
            span.SetTag("http.request.header.authorization", $"Bearer {ForeignKey}");
            span.AddEvent(new ActivityEvent("sent", tags: new ActivityTagsCollection { ["url"] = $"/bot{BotToken}/sendMessage" }));
            span.AddException(Failure());
            span.AddLink(new ActivityLink(new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), 0), new ActivityTagsCollection { ["key"] = ApiKey }));
            span.SetStatus(ActivityStatusCode.Error, $"No answer from /bot{BotToken}/getMe");
        }

        var exported = await service.ExportedAsync();

        var seen = Assert.Single(exported.Spans, span => span.Source == Source.Name);
        Assert.Equal("GET https://api.telegram.org/bot[redacted]/getMe", seen.Name);
        Assert.Equal("https://api.telegram.org/file/bot[redacted]/a.png", seen.Attributes["url.full"]);
        Assert.Equal("[redacted],harmless", seen.Attributes["keys"]);
        Assert.Contains("exception.stacktrace", seen.Events.Single(happened => happened.Name == "exception").Attributes.Keys);
        AssertNoSecret(exported.Holds);
    }

    [Fact]
    public async Task Logs_hold_no_secret_in_messages_values_scopes_or_exceptions_whatever_the_provider()
    {
        await using var service = await StartAsync(_ => { }, _ => { }, Cancel);
        var logger = service.Services.GetRequiredService<ILogger<RedactionTests>>();
#pragma warning disable CA2254, CA1848, CA1873 // A careless service logs carelessly.
        using (logger.BeginScope(new Dictionary<string, object> { ["url"] = $"/bot{BotToken}/getMe" }))
        using (logger.BeginScope("with {Key}", ApiKey))
        {
            logger.LogInformation("Calling {Url} with {Key}", new Uri($"https://api.telegram.org/bot{BotToken}/getMe"), ApiKey);
            logger.LogWarning($"The key is {ForeignKey}, and x-goog-api-key: {ApiKey}");
            logger.LogError(Failure(), "It failed");
            logger.LogInformation("Harmless {Count}", 3);
        }
#pragma warning restore CA2254, CA1848, CA1873

        var exported = await service.ExportedAsync();

        var texts = string.Join('\n', service.Logs.GetSnapshot().Select(FakeLogText.Text));
        Assert.Contains("Calling https://api.telegram.org/bot[redacted]/getMe with [redacted]", texts, StringComparison.Ordinal);
        Assert.Contains("Count=3", texts, StringComparison.Ordinal);
        AssertNoSecret(text => texts.Contains(text, StringComparison.Ordinal));
        Assert.Contains(exported.Logs, log => log.Body.Contains("Calling", StringComparison.Ordinal) && log.Attributes["Key"] == "[redacted]");
        Assert.Contains(exported.Logs, log => log.Attributes.GetValueOrDefault("exception.message")?.Contains("InvalidOperationException", StringComparison.Ordinal) == true);
        AssertNoSecret(exported.Holds);
    }

    [Fact]
    public async Task A_secret_that_came_from_a_file_is_hidden_as_well()
    {
        using var folder = new TemporaryDirectory();
        var secret = new string('s', 40);
        await File.WriteAllTextAsync(folder["secret"], $"{secret}\n", Cancel);
        await using var service = await StartAsync(_ => { }, _ => { }, Cancel, ("calls:secretFile", folder["secret"]));

#pragma warning disable CA1848, CA1873 // A careless service logs carelessly.
        service.Services.GetRequiredService<ILogger<RedactionTests>>().LogInformation("a careless line: {Secret}", secret);
#pragma warning restore CA1848, CA1873

        Assert.Equal(secret, service.Services.GetRequiredService<IOptions<CallSettings>>().Value.Secret);
        Assert.Contains(service.Logs.GetSnapshot().Select(FakeLogText.Text), text => text.StartsWith("a careless line: [redacted]", StringComparison.Ordinal));
        Assert.DoesNotContain(service.Logs.GetSnapshot().Select(FakeLogText.Text), text => text.Contains(secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_secret_is_hidden_in_whatever_case_it_is_written()
    {
        await using var service = await StartAsync(_ => { }, _ => { }, Cancel);
        var logger = service.Services.GetRequiredService<ILogger<RedactionTests>>();
#pragma warning disable CA2254, CA1848, CA1873, CA1308 // A careless service logs carelessly.
        logger.LogInformation($"sent {ApiKey.ToUpperInvariant()} and {ApiKey.ToLowerInvariant()}, {BotToken.ToLowerInvariant()}");
#pragma warning restore CA2254, CA1848, CA1873, CA1308

        var texts = string.Join('\n', service.Logs.GetSnapshot().Select(FakeLogText.Text));

        Assert.Contains("sent [redacted] and [redacted], [redacted]", texts, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_HTTP_client_and_a_failing_endpoint_give_nothing_away()
    {
        await using var service = await StartAsync(
            services => services.AddHttpClient("careless"),
            app =>
            {
                app.MapGet("/call", async (IHttpClientFactory clients) =>
                {
                    using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:1/bot{BotToken}/getMe?key={ApiKey}");
                    request.Headers.Add("x-goog-api-key", ApiKey);
                    request.Headers.Add("Authorization", $"Bearer {ForeignKey}");
                    await clients.CreateClient("careless").SendAsync(request, Cancel);
                });
                app.MapGet("/throw", void () => throw Failure());
                app.MapGet("/bot{token}/hook", (string token) => token.Length);
            },
            Cancel,
            ("Logging:LogLevel:System.Net.Http", "Trace"));

        foreach (var path in (string[])["/call", "/throw", $"/bot{BotToken}/hook"])
            await service.Http.GetAsync(path, Cancel);
        var exported = await service.ExportedAsync();

        Assert.Contains(exported.Spans, span => span.Source == "System.Net.Http" && span.Attributes["url.full"].Contains("/bot[redacted]/getMe", StringComparison.Ordinal));
        Assert.Contains(service.Logs.GetSnapshot().Select(FakeLogText.Text), text => text.Contains("unhandled exception", StringComparison.OrdinalIgnoreCase));
        AssertNoSecret(exported.Holds);
        AssertNoSecret(secret => service.Logs.GetSnapshot().Select(FakeLogText.Text).Any(text => text.Contains(secret, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_is_no_secret_comes_through_as_it_is()
    {
        await using var service = await StartAsync(_ => { }, _ => { }, Cancel);
        var logger = service.Services.GetRequiredService<ILogger<RedactionTests>>();
        var error = new InvalidOperationException("keyboard /bottle sky");
#pragma warning disable CA1848, CA1873
        logger.LogError(error, "A {Value} of the monkey", "key");
#pragma warning restore CA1848, CA1873

        var exported = await service.ExportedAsync();

        var log = Assert.Single(exported.Logs, log => log.Body == "A key of the monkey");
        Assert.Equal(nameof(InvalidOperationException), log.Attributes["exception.type"]);
        Assert.Equal(error.Message, log.Attributes["exception.message"]);
    }

    private static InvalidOperationException Failure() => new(
        $"POST /bot{BotToken}/sendMessage failed", new HttpRequestException($"key={ApiKey} Authorization: Bearer {ForeignKey}"));

    private static void AssertNoSecret(Func<string, bool> isIn)
    {
        foreach (var secret in (string[])[BotToken, BotToken[11..], Uri.EscapeDataString(BotToken), ApiKey, ForeignKey])
            Assert.False(isIn(secret), secret);
    }
}
