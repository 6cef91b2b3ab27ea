using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using Clawdex.LlmEmulator;

namespace Clawdex.Emulators.Tests.Control;

/// <summary>The model emulator as somebody starts it by itself: every account of the machine reaches its port.</summary>
public sealed class ModelProgramTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_start_draws_a_key_and_prints_it_and_without_it_nobody_is_answered()
    {
        await using var first = new EmulatorProgram();
        await using var second = new EmulatorProgram();
        var (address, key) = await first.AddressAndKeyAsync();
        var (_, another) = await second.AddressAndKeyAsync();
        Assert.NotEqual(another, key);

        foreach (var guess in (string?[])[null, "", another])
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusOfAsync($"{address}/emulator/requests", "Authorization", $"Bearer {guess}"));
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusOfAsync($"{address}/api/v1/models", "Authorization", $"Bearer {guess}"));
            Assert.Equal(HttpStatusCode.BadRequest, await StatusOfAsync($"{address}/v1beta/models", "x-goog-api-key", guess));
        }

        Assert.Equal(HttpStatusCode.OK, await StatusOfAsync($"{address}/emulator/requests", "Authorization", $"Bearer {key}"));
        Assert.Equal(HttpStatusCode.OK, await StatusOfAsync($"{address}/api/v1/models", "Authorization", $"Bearer {key}"));
        Assert.Equal(HttpStatusCode.OK, await StatusOfAsync($"{address}/v1beta/models", "x-goog-api-key", key));
    }

    [Fact]
    public async Task Who_sets_an_empty_key_wants_none()
    {
        await using var program = new EmulatorProgram("--emulator:geminiKey=", "--emulator:openRouterKey=");
        var line = await program.LineAsync("Now listening on: ");
        var address = line[line.IndexOf("http://", StringComparison.Ordinal)..].Trim();

        foreach (var path in (string[])["/emulator/requests", "/api/v1/models", "/v1beta/models"])
            Assert.Equal(HttpStatusCode.OK, await StatusOfAsync($"{address}{path}", "Authorization", null));
    }

    private static async Task<HttpStatusCode> StatusOfAsync(string url, string header, string? value)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(url));
        if (value is not null)
            request.Headers.TryAddWithoutValidation(header, value);
        using var response = await http.SendAsync(request, Stop);
        return response.StatusCode;
    }

    private sealed class EmulatorProgram : IAsyncDisposable
    {
        private readonly Process _process;

        public EmulatorProgram(params string[] arguments) =>
            _process = Process.Start(new ProcessStartInfo("dotnet", [typeof(LlmEmulatorHost).Assembly.Location, "--urls=http://127.0.0.1:0", .. arguments]) { RedirectStandardOutput = true })
                ?? throw new InvalidOperationException("dotnet could not be started.");

        public async Task<(string Address, string Key)> AddressAndKeyAsync()
        {
            var said = Regex.Match(await LineAsync("Models at "), "^Models at (http://[^,]+), key (.+)$");
            return (said.Groups[1].Value, said.Groups[2].Value);
        }

        /// <summary>The next line that holds a text.</summary>
        public async Task<string> LineAsync(string text)
        {
            while (await _process.StandardOutput.ReadLineAsync(Stop) is { } line)
            {
                if (line.Contains(text, StringComparison.Ordinal))
                    return line;
            }

            throw new InvalidOperationException($"The emulator ended before it said '{text}'.");
        }

        public async ValueTask DisposeAsync()
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }
    }
}
