using System.Net.ServerSentEvents;
using System.Text;
using Clawdex.Llm.V1;
using Clawdex.LlmEmulator;
using Clawdex.LlmService.Api;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Clawdex.LlmService.Bench;

/// <summary>The two ways that are compared, both over real sockets on loopback: through LlmService, and straight to the provider.</summary>
internal sealed class Chain : IAsyncDisposable
{
    private const string Model = "openai/gpt-4o";

    private readonly Service _service;
    private readonly GrpcChannel _channel;
    private readonly HttpClient _http = new();

    private Chain(LlmEmulatorHost emulator)
    {
        Emulator = emulator;
        _service = new Service(emulator.OpenRouterBaseUrl);
        _service.UseKestrel();
        _service.StartServer();
        // Kestrel starts its named endpoints in the order of their names: grpc, http.
        _channel = GrpcChannel.ForAddress(_service.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());
    }

    public LlmEmulatorHost Emulator { get; }

    public static async Task<Chain> StartAsync(CancellationToken cancellationToken) =>
        new(await LlmEmulatorHost.StartAsync(cancellationToken: cancellationToken));

    /// <summary>Provider → LlmService → gRPC → client; returns at each delta.</summary>
    public async IAsyncEnumerable<string> ThroughServiceAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var client = new Llm.V1.Llm.LlmClient(_channel);
        var request = new StreamChatRequest { Model = Model, Messages = { new ChatMessage { Role = Role.User, Content = "Hello" } } };
        using var call = client.StreamChat(request, cancellationToken: cancellationToken);
        await foreach (var response in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            if (response.Delta is { } delta)
                yield return delta.Text;
        }
    }

    /// <summary>The same stream, read with HttpClient and SseParser alone; JSON is left unread.</summary>
    public async IAsyncEnumerable<string> DirectAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Emulator.OpenRouterBaseUrl}/chat/completions")
        {
            Content = new StringContent("""{"model":"openai/gpt-4o","stream":true,"messages":[{"role":"user","content":"Hello"}]}""", Encoding.UTF8, "application/json"),
        };
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        await foreach (var item in SseParser.Create(body).EnumerateAsync(cancellationToken))
        {
            if (item.Data.Contains("\"content\":\"w", StringComparison.Ordinal))
                yield return item.Data;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        _http.Dispose();
        await _service.DisposeAsync();
        await Emulator.DisposeAsync();
    }

    /// <summary>The whole service on free loopback ports, in this process.</summary>
    private sealed class Service(string openRouterAddress) : WebApplicationFactory<LlmGrpcService>
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder) => builder
            .UseSetting("openrouter:baseUrl", openRouterAddress)
            .UseSetting("llm:catalogueRefreshHours", "0")
            .UseSetting("Kestrel:Endpoints:grpc:Url", "http://127.0.0.1:0")
            .UseSetting("Kestrel:Endpoints:http:Url", "http://127.0.0.1:0")
            .ConfigureLogging(logging => logging.ClearProviders());
    }
}
