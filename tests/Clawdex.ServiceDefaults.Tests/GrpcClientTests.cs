using Microsoft.Extensions.DependencyInjection;
using LlmProto = Clawdex.Llm.V1.Llm;

namespace Clawdex.ServiceDefaults.Tests;

public sealed class GrpcClientTests
{
    /// <summary>gRPC's own balancing would not try a service that was away for up to two minutes; without it, each call does.</summary>
    [Fact]
    public async Task Whether_a_service_is_back_is_found_out_by_the_next_call()
    {
        HttpMessageHandler? handler = null;
        await using var caller = await NewService.StartAsync(
            services => services.AddGrpcServiceClient<LlmProto.LlmClient>("llm").ConfigureChannel(channel => handler = channel.HttpHandler),
            _ => { },
            TestContext.Current.CancellationToken,
            ("services:llm:grpc:0", "http://127.0.0.1:9"));

        // Makes the channel.
        Assert.NotNull(caller.Services.GetRequiredService<LlmProto.LlmClient>());

        while (handler is DelegatingHandler outer)
            handler = outer.InnerHandler;
        var sockets = Assert.IsType<SocketsHttpHandler>(handler);
        Assert.True(sockets.Properties["__GrpcLoadBalancingDisabled"] is true);
    }
}
