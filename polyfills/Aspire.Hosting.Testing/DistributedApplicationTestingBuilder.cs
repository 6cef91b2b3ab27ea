namespace Aspire.Hosting.Testing;

/// <summary>Runs an AppHost's entry point inside a test: free ports, no dashboard.</summary>
public static class DistributedApplicationTestingBuilder
{
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(string[] args, CancellationToken cancellationToken = default)
        where TEntryPoint : class => EntryPointRun.CreateBuilderAsync(typeof(TEntryPoint).Assembly, args, cancellationToken);
}
