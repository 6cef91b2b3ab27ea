using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Clawdex.LlmEmulator;
using Clawdex.TelegramEmulator;

namespace Clawdex.Emulators.Tests.Control;

/// <summary>Another page in the same browser cannot use an emulator, even if it knew every token; the emulator's own page and programs can.</summary>
public sealed class OwnSiteTests : EmulatorTest
{
    private const string Json = "application/json";

    private static readonly string[] Methods = ["GET", "POST", "PUT", "DELETE"];

    private static readonly string?[] Sites = [null, "same-origin", "none", "same-site", "cross-site"];

    private static readonly string?[] Types = [null, Json, "text/plain", "application/x-www-form-urlencoded"];

    [Fact]
    public async Task No_foreign_request_to_the_telegram_emulator_is_accepted_and_every_own_one_is()
    {
        string[] paths = ["/", "/app.js", "/health", "/emulator/overview", "/emulator/faults", $"/bot{Telegram.Token}/deleteWebhook", $"/bot{Telegram.Token}/test/getMe", "/nothing"];

        await CheckAllAsync(Telegram.BaseAddress, Telegram.Page.Fragment["#token=".Length..], paths);
    }

    [Fact]
    public async Task No_foreign_request_to_the_model_emulator_is_accepted_and_every_own_one_is()
    {
        await using var models = await LlmEmulatorHost.StartAsync(new LlmEmulatorOptions { DelayMs = 0, OpenRouterKey = "key" }, Stop);

        await CheckAllAsync(models.BaseAddress, "key", ["/v1beta/models", "/v1beta/models/m:streamGenerateContent?alt=sse", "/api/v1/models", "/api/v1/chat/completions", "/emulator/scripts", "/emulator/requests", "/health"]);
    }

    [Theory]
    [InlineData("GET", "/", "navigate", "document", 200)]
    [InlineData("GET", "/health", "navigate", "document", 200)]
    [InlineData("GET", "/", "navigate", "iframe", 403)]
    [InlineData("GET", "/", "no-cors", "image", 403)]
    [InlineData("POST", "/", "navigate", "document", 403)]
    [InlineData("GET", "/emulator/overview", "navigate", "document", 403)]
    [InlineData("GET", "/bot{token}/deleteWebhook", "navigate", "document", 403)]
    public async Task A_link_in_the_dashboard_opens_the_page_and_nothing_else(string method, string path, string mode, string destination, int status)
    {
        using var http = new HttpClient { BaseAddress = Telegram.BaseAddress };
        using var request = new HttpRequestMessage(new HttpMethod(method), path.Replace("{token}", Telegram.Token, StringComparison.Ordinal));
        request.Headers.Add("Sec-Fetch-Site", "same-site");
        request.Headers.Add("Sec-Fetch-Mode", mode);
        request.Headers.Add("Sec-Fetch-Dest", destination);

        using var response = await http.SendAsync(request, Stop);

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task Each_start_has_tokens_of_its_own()
    {
        await using var another = await TelegramEmulatorHost.StartAsync(Stop);
        Assert.NotEqual(another.Token, Telegram.Token);
        string?[] given = [null, "", "Bearer ", $"Bearer {another.Page.Fragment["#token=".Length..]}", $"Basic {Telegram.Page.Fragment["#token=".Length..]}"];
        using var http = new HttpClient { BaseAddress = Telegram.BaseAddress };

        foreach (var token in given)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "emulator/overview");
            request.Headers.TryAddWithoutValidation("Authorization", token);
            using var response = await http.SendAsync(request, Stop);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        }

        using var byQuery = await http.GetAsync($"emulator/events?token={another.Token}", Stop);
        Assert.Equal(HttpStatusCode.Unauthorized, byQuery.StatusCode);
    }

    [Fact]
    public async Task A_name_that_the_emulator_was_given_is_its_own()
    {
        await using var named = await TelegramEmulatorHost.StartAsync(new TelegramEmulatorOptions { Host = "my.machine" }, null, Stop);
        using var http = new HttpClient { BaseAddress = named.BaseAddress, DefaultRequestHeaders = { Host = "my.machine:8790" } };

        using var response = await http.GetAsync("/", Stop);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private static async Task CheckAllAsync(Uri address, string token, string[] paths)
    {
        var own = address.Authority;
        string[] hosts = [own, $"localhost:{address.Port}", "evil.example", $"127.0.0.1.evil.example:{address.Port}"];
        using var http = new HttpClient { BaseAddress = address, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
        List<Probe> probes =
        [
            .. from host in hosts
               from origin in (string?[])[null, $"http://{host}", "http://evil.example", "null", $"http://127.0.0.1:{address.Port + 1}"]
               from site in Sites
               from type in Types
               from method in Methods
               from path in paths
               where method is not "GET" || type is null
               select new Probe(host, origin, site, type, method, path),
        ];

        List<string> wrong = [];
        await Parallel.ForEachAsync(probes, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Stop }, async (probe, cancel) =>
        {
            using var response = await http.SendAsync(probe.Request(), HttpCompletionOption.ResponseHeadersRead, cancel);
            if ((int)response.StatusCode is var status && !probe.Allows(status))
            {
                lock (wrong)
                    wrong.Add($"{status} {probe}");
            }
        });

        Assert.True(probes.Count(probe => probe.IsForeign) > 1_000);
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(10)));
    }

    private sealed record Probe(string Host, string? Origin, string? Site, string? Type, string Method, string Path)
    {
        public bool IsForeign =>
            Host.Contains("evil", StringComparison.Ordinal)
            || Origin is not null && Origin != $"http://{Host}"
            || Site is "same-site" or "cross-site";

        public bool Allows(int status) => IsForeign ? status is 403
            : Type is not null and not Json && !Path.StartsWith("/bot", StringComparison.Ordinal) ? status is 415
            : status is not (401 or 403 or 415);

        public HttpRequestMessage Request()
        {
            var request = new HttpRequestMessage(new HttpMethod(Method), Path) { Headers = { Host = Host } };
            if (Origin is not null)
                request.Headers.Add("Origin", Origin);
            if (Site is not null)
                request.Headers.Add("Sec-Fetch-Site", Site);
            if (Type is not null)
                request.Content = new StringContent("{}", Encoding.UTF8, Type);
            return request;
        }
    }
}
