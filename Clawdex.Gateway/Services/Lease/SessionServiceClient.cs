using Clawdex.ServiceDefaults;
using Grpc.Core;
using Grpc.Net.Client.Configuration;
using Proto = Clawdex.Sessions.V1;

namespace Clawdex.Gateway.Services.Lease;

/// <summary>How this gateway calls the session service, of which there may be several.</summary>
internal static class SessionServiceClient
{
    /// <summary>
    /// What renews this gateway's life is asked of another service, too, while one does not answer: that one may stand still, and must
    /// not cost the life. All else is repeated by <see cref="SessionClient"/>.
    /// </summary>
    private static readonly ServiceConfig Hedging = new()
    {
        MethodConfigs =
        {
            new MethodConfig
            {
                Names = { new MethodName { Service = Proto.Sessions.Descriptor.FullName, Method = nameof(Proto.Sessions.SessionsClient.KeepAlive) } },
                HedgingPolicy = new HedgingPolicy { MaxAttempts = 5, HedgingDelay = TimeSpan.FromMilliseconds(250), NonFatalStatusCodes = { StatusCode.Unavailable, StatusCode.Internal } },
            },
        },
    };

    public static IServiceCollection AddSessionServiceClient(this IServiceCollection services)
    {
        services.AddGrpcServiceClient<Proto.Sessions.SessionsClient>("session")
            .ConfigureChannel(channel => channel.ServiceConfig = Hedging)
            .ConfigurePrimaryHttpMessageHandler((handler, _) => NoticeHungService((SocketsHttpHandler)handler))
            .AddHttpMessageHandler(provider => new HolderHeader(provider.GetRequiredService<GatewayInstance>()));
        return services;
    }

    /// <summary>Behind one address there may be several: a connection to one that stands still ends, so that the next one leads to another.</summary>
    private static void NoticeHungService(SocketsHttpHandler handler) =>
        (handler.KeepAlivePingDelay, handler.KeepAlivePingTimeout) = (TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3));
}
