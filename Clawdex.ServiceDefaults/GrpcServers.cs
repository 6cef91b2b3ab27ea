using Clawdex.ServiceDefaults.Calls;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Clawdex.ServiceDefaults;

/// <summary>How a Clawdex service is called by another one.</summary>
public static class GrpcServerExtensions
{
    /// <summary>
    /// Bytes of one message, the same for who sends it and who receives it. A conversation of thousands of messages is larger
    /// than gRPC's default of 4 MiB.
    /// </summary>
    public const int MaxMessageBytes = 64 * 1024 * 1024;

    /// <summary>What gRPC puts before each message: whether it is compressed, and its length.</summary>
    private const int PrefixBytes = 5;

    /// <summary>Adds gRPC for callers that know the services' secret, with the limits of <see cref="GrpcClientExtensions.AddGrpcServiceClient{TClient}"/>.</summary>
    public static IServiceCollection AddGrpcServer(this IServiceCollection services, Action<GrpcServiceOptions>? configure = null)
    {
        services.AddSingleton<CallerCheck>().AddSingleton<IStartupFilter>(provider => provider.GetRequiredService<CallerCheck>());
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = MaxMessageBytes;
            grpc.MaxSendMessageSize = MaxMessageBytes;
            configure?.Invoke(grpc);
        });
        // Kestrel's own limit of 30 MB would cut off what gRPC allows.
        return services.Configure<KestrelServerOptions>(kestrel => kestrel.Limits.MaxRequestBodySize = MaxMessageBytes + PrefixBytes);
    }
}
