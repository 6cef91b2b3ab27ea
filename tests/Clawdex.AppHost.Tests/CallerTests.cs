using System.Net;
using System.Net.Http.Headers;
using Aspire.Hosting.Testing;
using Clawdex.Llm.V1;
using Clawdex.Sessions.V1;

namespace Clawdex.AppHost.Tests;

/// <summary>Any program of this machine can reach the services' ports; only those of this deployment may call.</summary>
public sealed class CallerTests
{
    private const string Ok = "0";
    private const string Unauthenticated = "16";

    /// <summary>Behind the five bytes that gRPC puts before each message: nothing.</summary>
    private static readonly byte[] Message = [0, 0, 0, 0, 0];

    /// <summary>A message, none at all, one that nobody can read, and the beginning of one that is longer than any may be.</summary>
    private static readonly byte[][] Bodies = [Message, [], [0, 0, 0, 0, 3, 0xFF, 0xFF, 0xFF], [0, 0x7F, 0xFF, 0xFF, 0xFF, 0]];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_method_of_both_services_refuses_who_does_not_know_the_secret()
    {
        await using var app = await ClawdexApp.StartAsync(Stop);
        var secret = app.Processes.VariableOf("gateway", "calls__secret");
        string?[] guesses =
        [
            null, "", "Bearer", "Bearer wrong", $"Basic {secret}", $"bearer {secret}", $"Bearer {secret}x", $"Bearer {secret[..^1]}", $"Bearer {new string('x', 8 * 1024)}",
            $"Bearer {app.Processes.VariableOf("gateway", "channels__telegram__botToken")}", $"Bearer {app.Processes.VariableOf("llm", "gemini__apiKey")}",
        ];

        foreach (var (service, contract) in new[] { ("session", SessionsReflection.Descriptor), ("llm", LlmReflection.Descriptor) })
        {
            using var http = new HttpClient { BaseAddress = app.Application.GetEndpoint(service, "grpc") };
            Assert.NotEmpty(contract.Services);
            // The last two stand for those that somebody will write one day.
            List<string> methods =
            [
                .. contract.Services.SelectMany(part => part.Methods, (part, method) => $"{part.FullName}/{method.Name}"),
                $"{contract.Services[0].FullName}/NotWrittenYet", "not.written.yet.Service/Method",
            ];
            foreach (var method in methods)
            {
                var statuses = await Task.WhenAll(guesses.SelectMany(_ => Bodies, (guess, body) => StatusOfAsync(http, method, guess, body)));
                Assert.All(statuses, status => Assert.Equal(Unauthenticated, status));
            }
        }

        using var sessions = new HttpClient { BaseAddress = app.Application.GetEndpoint("session", "grpc") };
        Assert.Equal(Ok, await StatusOfAsync(sessions, "clawdex.sessions.v1.Sessions/ListOpenTurns", $"Bearer {secret}", Message));
        Assert.True(secret.Length >= 43, "as much chance as 32 random bytes");
    }

    private static async Task<string?> StatusOfAsync(HttpClient http, string method, string? authorization, byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"/{method}", UriKind.Relative))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        if (authorization is not null)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseContentRead, Stop);
        return (response.Headers.TryGetValues("grpc-status", out var values) || response.TrailingHeaders.TryGetValues("grpc-status", out values)) ? values.Single() : null;
    }
}
