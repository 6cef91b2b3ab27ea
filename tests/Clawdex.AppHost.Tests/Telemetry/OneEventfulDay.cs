namespace Clawdex.AppHost.Tests.Telemetry;

/// <summary>One day for all tests that look at it.</summary>
[CollectionDefinition(nameof(EventfulDay))]
public sealed class OneEventfulDay : ICollectionFixture<EventfulDay>;
