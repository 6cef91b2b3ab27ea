namespace Aspire.Hosting.ApplicationModel;

/// <summary>A place where a resource can be reached.</summary>
public sealed class EndpointAnnotation : IResourceAnnotation
{
    internal EndpointAnnotation(string name) => Name = name;

    public string Name { get; }

    /// <summary>The port for clients; null for any free one. The service itself listens on it.</summary>
    public int? Port { get; set; }

    /// <summary>Officially, whether clients reach the service through a proxy. The stand-in has none; but as officially, random ports are for proxies.</summary>
    public bool IsProxied { get; set; } = true;

    public string TargetHost { get; set; } = "localhost";

    public string UriScheme { get; set; } = "http";

    public string Transport { get; set; } = "http";

    public bool TlsEnabled => UriScheme == "https";

    /// <summary>The port that it has in this run; null before every endpoint has got one.</summary>
    internal int? AllocatedPort { get; set; }
}

/// <summary>A reference to an endpoint, which may be declared and allocated later than the reference.</summary>
public sealed class EndpointReference : IValueProvider
{
    internal EndpointReference(IResourceWithEndpoints owner, string endpointName)
    {
        Resource = owner;
        EndpointName = endpointName;
    }

    public IResourceWithEndpoints Resource { get; }

    public string EndpointName { get; }

    public EndpointAnnotation EndpointAnnotation =>
        Find() ?? throw new InvalidOperationException($"The endpoint '{EndpointName}' is not defined for the resource '{Resource.Name}'.");

    public bool Exists => Find() is not null;

    public string Scheme => EndpointAnnotation.UriScheme;

    public int Port => EndpointAnnotation.AllocatedPort
        ?? throw new InvalidOperationException($"The endpoint '{EndpointName}' is not allocated for the resource '{Resource.Name}'.");

    public string Url => $"{Scheme}://localhost:{Port}";

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult<string?>(Url);

    private EndpointAnnotation? Find() => Resource.Annotations.OfType<EndpointAnnotation>()
        .FirstOrDefault(endpoint => endpoint.Name.Equals(EndpointName, StringComparison.OrdinalIgnoreCase));
}
