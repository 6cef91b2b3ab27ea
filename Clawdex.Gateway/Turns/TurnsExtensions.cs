using Clawdex.Gateway.Services;
using Clawdex.ServiceDefaults;
using Clawdex.ServiceDefaults.Settings;

namespace Clawdex.Gateway.Turns;

internal static class TurnsExtensions
{
    /// <summary>Adds the two services behind the gateway.</summary>
    public static IServiceCollection AddBackends(this IServiceCollection services)
    {
        services.AddGrpcServiceClient<Sessions.V1.Sessions.SessionsClient>("session")
            .AddHttpMessageHandler(provider => new HolderHeader(provider.GetRequiredService<GatewayInstance>()));
        services.AddGrpcServiceClient<Llm.V1.Llm.LlmClient>("llm");
        services.AddHealthChecks().AddCheck<AnswerLeaseHealth>("lease").AddCheck<LlmHealth>("llm");
        return services
            .AddSingleton(_ => GatewayInstance.OfThisProcess())
            .AddSingleton<SessionBackend>()
            .AddSingleton<LlmBackend>()
            // The first to start and the last to stop: until every reply is finished or parked, nobody else may take it up.
            .AddSingleton<AnswerLease>()
            .AddHostedService(provider => provider.GetRequiredService<AnswerLease>());
    }

    /// <summary>Adds what answers messages.</summary>
    public static IServiceCollection AddTurns(this IServiceCollection services)
    {
        services.AddSettings<AgentOptions>(AgentOptions.Section);
        services.AddHealthChecks().AddCheck<TurnRecoveryHealth>("recovery");
        return services
            .AddSingleton<ChatModels>()
            .AddSingleton<Compaction>()
            .AddSingleton<RunningReplies>()
            .AddSingleton<ModelAnswers>()
            .AddSingleton<ChatTurn>()
            .AddSingleton<TurnRecovery>()
            .AddHostedService(provider => provider.GetRequiredService<TurnRecovery>());
    }
}
