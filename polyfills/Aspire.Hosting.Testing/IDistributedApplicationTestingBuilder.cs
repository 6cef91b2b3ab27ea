namespace Aspire.Hosting.Testing;

/// <summary>An AppHost's builder in the hands of a test: what the AppHost has added can be changed before it is built.</summary>
public interface IDistributedApplicationTestingBuilder : IDistributedApplicationBuilder, IAsyncDisposable, IDisposable
{
    /// <summary>Builds the application, which the test then starts and disposes of.</summary>
    Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default);
}
