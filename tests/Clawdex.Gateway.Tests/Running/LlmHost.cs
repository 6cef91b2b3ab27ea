extern alias llm;

using System.Collections.Concurrent;
using Clawdex.LlmEmulator;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Clawdex.Gateway.Tests.Running;

/// <summary>The LLM service's own program in this process, in place of the fake model, with an emulated provider behind it.</summary>
internal sealed class LlmHost : WebApplicationFactory<llm::Program>
{
    private readonly StreamCalls _calls = new();

    private LlmHost(LlmEmulatorHost provider)
    {
        Provider = provider;
        UseKestrel();
        StartServer();
        // Kestrel opens its endpoints in the order of their names: grpc, http.
        Address = Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();
    }

    public string Address { get; }

    public LlmEmulatorHost Provider { get; }

    /// <summary>What makes a gateway ask it.</summary>
    public (string Key, string Value)[] Settings => [("services:llm:grpc:0", Address), ("agent:model", "gemini/gemini-2.5-flash")];

    public static async Task<LlmHost> StartAsync() =>
        new(await LlmEmulatorHost.StartAsync(cancellationToken: TestContext.Current.CancellationToken));

    /// <summary>Breaks the connection of the latest stream.</summary>
    public void BreakConnection() => _calls.Seen.Last().GetHttpContext().Features.GetRequiredFeature<IConnectionLifetimeFeature>().Abort();

    /// <summary>The id of the latest answer that was asked for.</summary>
    public string AnswerId => _calls.AnswerId;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Provider.DisposeAsync();
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseSetting("Kestrel:Endpoints:grpc:Url", "http://127.0.0.1:0");
        builder.UseSetting("Kestrel:Endpoints:http:Url", "http://127.0.0.1:0");
        builder.UseSetting("gemini:apiKey", "any");
        builder.UseSetting("gemini:baseUrl", Provider.GeminiBaseUrl);
        builder.UseSetting("llm:catalogueRefreshHours", "0");
        builder.UseSetting("Logging:LogLevel:Default", "None");
        builder.ConfigureServices(services =>
        {
            services.AddSingleton(_calls);
            services.Configure<GrpcServiceOptions>(grpc => grpc.Interceptors.Add<StreamCalls>());
        });
    }

    private sealed class StreamCalls : Interceptor
    {
        public ConcurrentQueue<ServerCallContext> Seen { get; } = new();

        public string AnswerId { get; private set; } = "";

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
        {
            AnswerId = request is llm::Clawdex.Llm.V1.StreamChatRequest asked ? asked.AnswerId : "";
            Seen.Enqueue(context);
            return continuation(request, responseStream, context);
        }
    }
}
