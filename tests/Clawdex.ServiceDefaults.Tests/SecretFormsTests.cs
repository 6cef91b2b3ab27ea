using System.Buffers.Text;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Clawdex.ServiceDefaults.Redaction;
using Clawdex.ServiceDefaults.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using static Clawdex.ServiceDefaults.Tests.NewService;

namespace Clawdex.ServiceDefaults.Tests;

/// <summary>The looks that a secret may have in a line that is logged.</summary>
public sealed class SecretFormsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_secret_is_hidden_in_each_form_that_programs_write_it_in()
    {
        const string Key = "a+key/of\"mine\\0815";
        var bytes = Encoding.UTF8.GetBytes(Key);
        string[] forms =
        [
            Convert.ToBase64String(bytes), Base64Url.EncodeToString(bytes), Convert.ToHexString(bytes), Convert.ToHexStringLower(bytes),
            Uri.EscapeDataString(Key), JsonEncodedText.Encode(Key).Value, JsonEncodedText.Encode(Key, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).Value,
        ];

        var lines = await LoggedAsync(forms, ("gemini:apiKey", Key));

        Assert.All(lines, line => Assert.Matches("^a careless line: \\[redacted\\]=*$", line));
    }

    [Theory]
    [InlineData("careless:claim", "0123456789abcdefghijkl", "0123456789abcdefghijkl")]
    [InlineData("careless:store", "Host=db;Password=correct-horse;Database=x", "correct-horse")]
    [InlineData("careless:store", "postgres://clawdex:correct-horse@db/x", "correct-horse")]
    public async Task What_its_options_call_a_secret_is_hidden_whatever_its_name_and_so_is_the_password_in_it(string key, string value, string secret)
    {
        var lines = await LoggedAsync([secret], (key, value));

        Assert.Equal(["a careless line: [redacted]"], lines);
    }

    [Theory]
    [InlineData("Authorization: Basic Y2xhd2RleDpodW50ZXIy", "Authorization: Basic [redacted]")]
    [InlineData("postgres://clawdex:hunter@2@db:5432/x", "postgres://clawdex:[redacted]@db:5432/x")]
    [InlineData("GET https://u:hunter2@host/x", "GET https://u:[redacted]@host/x")]
    [InlineData("{\"password\":\"hun\\\"ter2\",\"a\":1}", "{\"password\":[redacted],\"a\":1}")]
    [InlineData("{\\\"password\\\":\\\"hunter2\\\",\\\"a\\\":1}", "{\\\"password\\\":[redacted],\\\"a\\\":1}")]
    [InlineData("{ \"api_key\": \"hunter2\" }", "{ \"api_key\": [redacted] }")]
    [InlineData("access_token=hunter2", "access_token=[redacted]")]
    [InlineData("OPENROUTER_API_KEY=hunter2", "OPENROUTER_API_KEY=[redacted]")]
    [InlineData("bot987654321:AAGx3tRq8KpZv-Wn5SbYd2HjLmUc7QfEi1T", "bot[redacted]")]
    [InlineData("Host=db;Password='hunter 2;hunter''3';Database=x", "Host=db;Password=[redacted];Database=x")]
    [InlineData("Host=db;Password=\"hunter;\"\"2\";Database=x", "Host=db;Password=[redacted];Database=x")]
    [InlineData("Host=db;Password=hunter\"2,3&4;Database=x", "Host=db;Password=[redacted];Database=x")]
    public async Task A_credential_that_nobody_configured_is_hidden_by_its_look(string text, string clean) =>
        Assert.Equal([$"a careless line: {clean}"], await LoggedAsync([text]));

    [Theory]
    [InlineData("Basic authentication, and basic things")]
    [InlineData("http://127.0.0.1:5100/health says a@b.example")]
    [InlineData("gemini:apiKey is missing, as is calls:secret; 512 tokens, max_tokens=12")]
    public async Task What_only_looks_a_little_like_one_comes_through(string text) =>
        Assert.Equal([$"a careless line: {text}"], await LoggedAsync([text]));

    [Fact]
    public void The_cost_grows_with_the_text_and_not_faster()
    {
        var secrets = new ServiceCollection().AddSingleton<IConfiguration>(new ConfigurationManager()).AddSingleton<Secrets>().BuildServiceProvider().GetRequiredService<Secrets>();
        var time = TimeProvider.System;
        foreach (var piece in (string[])["password=\"", "password=\\\"", "password='", "://a", "://a:", "Basic ", "Basic a", "1", "123456:AA", "/bot1", "a@", "api_key", "sk-", "?key="])
        {
            var started = time.GetTimestamp();
            secrets.TryRedact($"@key{string.Concat(Enumerable.Repeat(piece, 200_000))}", out _);

            // What grows with the square of the text would take many minutes, however busy the machine is.
            Assert.True(time.GetElapsedTime(started) < TimeSpan.FromMinutes(1), piece);
        }
    }

    private static async Task<IEnumerable<string>> LoggedAsync(IEnumerable<string> texts, params (string, string)[] settings)
    {
        await using var service = await StartAsync(
            services =>
            {
                foreach (var key in SettingKey.Of(new CarelessOptions(), "careless"))
                    services.AddSingleton(key);
            },
            _ => { }, Cancel, settings);
        var logger = service.Services.GetRequiredService<ILogger<SecretFormsTests>>();
#pragma warning disable CA1848, CA1873, CA2254 // A careless service logs carelessly.
        foreach (var text in texts)
            logger.LogInformation("a careless line: {Text}", text);
#pragma warning restore CA1848, CA1873, CA2254
        return [.. service.Logs.GetSnapshot().Where(record => record.Message.StartsWith("a careless line", StringComparison.Ordinal)).Select(record => record.Message)];
    }

    private sealed class CarelessOptions
    {
        [Secret]
        public string? Claim { get; set; }

        [Secret]
        public string? Store { get; set; }
    }
}
