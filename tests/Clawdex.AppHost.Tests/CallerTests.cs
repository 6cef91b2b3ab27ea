using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Aspire.Hosting.Testing;
using Clawdex.Testing;

namespace Clawdex.AppHost.Tests;

/// <summary>Any program of this machine can reach the services' ports; only those of this deployment may call.</summary>
public sealed class CallerTests
{
    private const string Ok = "0";
    private const string Unauthenticated = "16";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_method_of_both_services_refuses_who_does_not_know_the_secret()
    {
        await using var app = await ClawdexApp.StartAsync(Stop);
        var secret = app.Processes.VariableOf("gateway", "calls__secret");
        string?[] guesses = [null, "", "Bearer", "Bearer wrong", $"Basic {secret}", $"bearer {secret}", $"Bearer {secret}x", $"Bearer {secret[..^1]}", $"Bearer {new string('x', 8 * 1024)}"];

        foreach (var (service, proto) in new[] { ("session", "Clawdex.SessionService/Protos/sessions.proto"), ("llm", "Clawdex.LlmService/Protos/llm.proto") })
        {
            using var http = new HttpClient { BaseAddress = app.Application.GetEndpoint(service, "grpc") };
            var methods = MethodsOf(proto);
            Assert.NotEmpty(methods);
            foreach (var method in methods)
                Assert.All(await Task.WhenAll(guesses.Select(guess => StatusOfAsync(http, method, guess))), status => Assert.Equal(Unauthenticated, status));
        }

        using var sessions = new HttpClient { BaseAddress = app.Application.GetEndpoint("session", "grpc") };
        Assert.Equal(Ok, await StatusOfAsync(sessions, "clawdex.sessions.v1.Sessions/ListOpenTurns", $"Bearer {secret}"));
        Assert.True(secret.Length >= 43, "as much chance as 32 random bytes");
    }

    private static List<string> MethodsOf(string proto)
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, proto));
        var package = Regex.Match(text, @"^package ([\w.]+);", RegexOptions.Multiline).Groups[1].Value;
        var service = Regex.Match(text, @"^service (\w+)", RegexOptions.Multiline).Groups[1].Value;
        return [.. Regex.Matches(text, @"^\s+rpc (\w+)", RegexOptions.Multiline).Select(method => $"{package}.{service}/{method.Groups[1].Value}")];
    }

    /// <summary>The status of a call with an empty message.</summary>
    private static async Task<string?> StatusOfAsync(HttpClient http, string method, string? authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"/{method}", UriKind.Relative))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(new byte[5]) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        if (authorization is not null)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseContentRead, Stop);
        return (response.Headers.TryGetValues("grpc-status", out var values) || response.TrailingHeaders.TryGetValues("grpc-status", out values)) ? values.Single() : null;
    }
}
