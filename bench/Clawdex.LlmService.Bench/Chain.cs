using System.Net;
using System.Net.ServerSentEvents;
using System.Text;
using Clawdex.Llm.V1;
using Clawdex.LlmEmulator;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Clawdex.LlmService.Bench;

/// <summary>The two ways that are compared, both over real sockets on loopback: through LlmService, and straight to the provider.</summary>
internal sealed class Chain : IAsyncDisposable
{
    private const string Model = "openai/gpt-4o";

    private readonly WebApplication _service;
    private readonly GrpcChannel _channel;
    private readonly HttpClient _http = new();

    private Chain(LlmEmulatorHost emulator, WebApplication service)
    {
        Emulator = emulator;
        _service = service;
        _channel = GrpcChannel.ForAddress(service.Urls.Single());
    }

    public LlmEmulatorHost Emulator { get; }

    public static async Task<Chain> StartAsync(CancellationToken cancellationToken)
    {
        var emulator = await LlmEmulatorHost.StartAsync(cancellationToken: cancellationToken);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["openrouter:baseUrl"] = emulator.OpenRouterBaseUrl,
            ["llm:catalogueRefreshHours"] = "0",
        });
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddSingleton(TimeProvider.System).AddLlmOptions().AddProviders().AddChats().AddCatalogue().AddGrpc();
        var service = builder.Build();
        service.MapGrpcService<LlmGrpcService>();
        await service.StartAsync(cancellationToken);
        return new Chain(emulator, service);
    }

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
}
