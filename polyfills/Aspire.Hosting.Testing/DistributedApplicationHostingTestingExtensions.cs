using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.Testing;

/// <summary>How a test reaches what a started application runs.</summary>
public static class DistributedApplicationHostingTestingExtensions
{
    /// <summary>A client whose base address is an endpoint of the resource, by default its HTTP one.</summary>
    public static HttpClient CreateHttpClient(this DistributedApplication app, string resourceName, string? endpointName = null)
    {
        var client = app.Services.GetRequiredService<IHttpClientFactory>().CreateClient();
        client.BaseAddress = app.GetEndpoint(resourceName, endpointName);
        return client;
    }

    public static ValueTask<string?> GetConnectionStringAsync(this DistributedApplication app, string resourceName, CancellationToken cancellationToken = default) =>
        Resource(app, resourceName) is IResourceWithConnectionString resource
            ? resource.GetConnectionStringAsync(cancellationToken)
            : throw new ArgumentException($"Resource '{resourceName}' does not expose a connection string.", nameof(resourceName));

    public static Uri GetEndpoint(this DistributedApplication app, string resourceName, string? endpointName = null)
    {
        if (Resource(app, resourceName) is not IResourceWithEndpoints resource)
            throw new InvalidOperationException($"Resource '{resourceName}' has no allocated endpoints.");

        var endpoints = resource.GetEndpoints().ToList();
        var endpoint = endpointName is not null
            ? endpoints.Find(candidate => candidate.EndpointName.Equals(endpointName, StringComparison.OrdinalIgnoreCase))
            : endpoints.Find(candidate => candidate.EndpointName == "http") ?? endpoints.Find(candidate => candidate.EndpointName == "https")
                ?? (endpoints.Count == 1 ? endpoints[0] : null);
        if (endpoint is null)
            throw new ArgumentException($"Endpoint '{endpointName ?? "<default>"}' for resource '{resourceName}' not found.", nameof(endpointName));

        return new Uri(endpoint.Url);
    }

    private static IResource Resource(DistributedApplication app, string name) =>
        app.Services.GetRequiredService<DistributedApplicationModel>().Resources.TryGetByName(name, out var resource)
            ? resource
            : throw new ArgumentException($"Resource '{name}' not found.", nameof(name));
}
