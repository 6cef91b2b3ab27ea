namespace Clawdex.LlmService.Tests.Hosting;

/// <summary>Tests that measure time or memory, and so run while no other test of this assembly does.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
