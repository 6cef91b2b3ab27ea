using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;

namespace Clawdex.Polyfills.Tests.StandIns;

/// <summary>The environment that a resource would get if it were started now.</summary>
internal static class TestEnvironment
{
    public static async Task<Dictionary<string, string?>> OfAsync(DistributedApplication app, string name, CancellationToken cancellationToken)
    {
        var resource = app.Services.GetRequiredService<DistributedApplicationModel>().Resources.Single(candidate => candidate.Name == name);
        var context = new EnvironmentCallbackContext();
        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>())
            annotation.Callback(context);

        Dictionary<string, string?> values = [];
        foreach (var (key, value) in context.EnvironmentVariables)
            values[key] = value is IValueProvider provider ? await provider.GetValueAsync(cancellationToken) : value.ToString();
        return values;
    }

    /// <summary>Makes the first HTTP endpoint of a project its health check.</summary>
    public static IDistributedApplicationBuilder WithHealth(this IDistributedApplicationBuilder builder, string name)
    {
        builder.CreateResourceBuilder(builder.Resources.OfType<ProjectResource>().Single(resource => resource.Name == name)).WithHttpHealthCheck("/health");
        return builder;
    }
}
