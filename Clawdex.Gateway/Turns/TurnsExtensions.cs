using Clawdex.ServiceDefaults;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Turns;

internal static class TurnsExtensions
{
    /// <summary>Bytes; a context of thousands of messages is larger than gRPC's default of 4 MiB.</summary>
    private const int LargestContext = 64 * 1024 * 1024;

    /// <summary>Adds the two services behind the gateway.</summary>
    public static IServiceCollection AddBackends(this IServiceCollection services)
    {
        services.AddGrpcServiceClient<Sessions.V1.Sessions.SessionsClient>("session")
            .ConfigureChannel(channel => channel.MaxReceiveMessageSize = LargestContext);
        services.AddGrpcServiceClient<Llm.V1.Llm.LlmClient>("llm");
        return services.AddSingleton<SessionBackend>().AddSingleton<LlmBackend>();
    }

    /// <summary>Adds what answers messages.</summary>
    public static IServiceCollection AddTurns(this IServiceCollection services)
    {
        services.AddOptions<AgentOptions>().BindConfiguration(AgentOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<AgentOptions>, ValidateAgentOptions>();
        return services
            .AddSingleton<ChatModels>()
            .AddSingleton<Compaction>()
            .AddSingleton<RunningReplies>()
            .AddSingleton<ModelAnswers>()
            .AddSingleton<ChatTurn>()
            .AddSingleton<TurnRecovery>();
    }
}
