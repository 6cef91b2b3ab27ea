using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Clawdex.ServiceDefaults.Redaction;

internal static class RedactionExtensions
{
    /// <summary>Redacts everything that is logged, and turns off the logging of HTTP requests, whose URLs and headers hold keys.</summary>
    public static IServiceCollection AddRedaction(this IServiceCollection services)
    {
        services.TryAddSingleton<Secrets>();
        services.Replace(ServiceDescriptor.Singleton<ILoggerFactory, RedactingLoggerFactory>());
        services.ConfigureHttpClientDefaults(http => http.RemoveAllLoggers());
        return services;
    }
}
