using Clawdex.ServiceDefaults.Calls;
using Clawdex.ServiceDefaults.Tracing;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Clawdex.ServiceDefaults;

/// <summary>How one Clawdex service calls another.</summary>
public static class GrpcClientExtensions
{
    /// <summary>
    /// Registers a client for the gRPC endpoint of the service <paramref name="serviceName"/>, found by service discovery
    /// (<c>services:{serviceName}:grpc:0</c>). Nothing is retried here: a replayed stream would be a second paid answer, and
    /// only the caller knows which calls are safe to repeat. Service discovery turns gRPC's own load balancing off, and with it its
    /// pauses of up to two minutes between attempts to connect: each call tries.
    /// </summary>
    public static IHttpClientBuilder AddGrpcServiceClient<TClient>(this IServiceCollection services, string serviceName)
        where TClient : ClientBase
    {
        services.TryAddTransient<CallerSecret>();
        return services
            .AddGrpcClient<TClient>(client => client.Address = new Uri($"http://_grpc.{serviceName}"))
            .ConfigureChannel(channel =>
            {
                channel.MaxReceiveMessageSize = GrpcServerExtensions.MaxMessageBytes;
                channel.MaxSendMessageSize = GrpcServerExtensions.MaxMessageBytes;
            })
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                ConnectTimeout = TimeSpan.FromSeconds(5),
                // In containers the services have names of their own, which no NO_PROXY lists.
                UseProxy = false,
                // A connection that died without a FIN (a suspended laptop) is noticed within 80 s, even by an idle stream.
                KeepAlivePingDelay = TimeSpan.FromSeconds(60),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(20),
                EnableMultipleHttp2Connections = true,
                PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
                // The call's span is on the wire; one of its HTTP request would end at the first byte of a stream.
                ActivityHeadersPropagator = null,
            })
            .AddHttpMessageHandler(() => new CallSpanHandler())
            .AddHttpMessageHandler<CallerSecret>();
    }
}
