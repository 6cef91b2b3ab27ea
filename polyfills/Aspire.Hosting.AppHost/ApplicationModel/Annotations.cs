namespace Aspire.Hosting.ApplicationModel;

/// <summary>Adds to a resource's environment when it starts.</summary>
public class EnvironmentCallbackAnnotation(Action<EnvironmentCallbackContext> callback) : IResourceAnnotation
{
    internal Action<EnvironmentCallbackContext> Callback { get; } = callback;
}

/// <summary>The environment that a resource is about to get. A value may be a text or any <see cref="IValueProvider"/>.</summary>
public class EnvironmentCallbackContext
{
    internal EnvironmentCallbackContext()
    {
    }

    public Dictionary<string, object> EnvironmentVariables { get; } = [];
}

/// <summary>A URL that is shown for a resource.</summary>
public sealed class ResourceUrlAnnotation : IResourceAnnotation
{
    public string? DisplayText { get; set; }
}

/// <summary>A resource starts only after another one is healthy.</summary>
internal sealed class WaitAnnotation(IResource resource) : IResourceAnnotation
{
    public IResource Resource { get; } = resource;
}

/// <summary>Names a registered health check that this resource's health depends on.</summary>
internal sealed class HealthCheckAnnotation(string key) : IResourceAnnotation
{
    public string Key { get; } = key;
}

/// <summary>Something to do for a resource before anything starts; when it throws, nothing does.</summary>
internal sealed class BeforeStartAnnotation(Action callback) : IResourceAnnotation
{
    public Action Callback { get; } = callback;
}

/// <summary>Something to do each time that a resource is healthy for the first time since its start.</summary>
internal sealed class ReadyAnnotation(Func<ResourceReadyEvent, CancellationToken, Task> callback) : IResourceAnnotation
{
    public Func<ResourceReadyEvent, CancellationToken, Task> Callback { get; } = callback;
}

/// <summary>A resource runs and is healthy for the first time since its start.</summary>
public class ResourceReadyEvent(IResource resource, IServiceProvider services)
{
    public IResource Resource { get; } = resource;

    public IServiceProvider Services { get; } = services;
}
