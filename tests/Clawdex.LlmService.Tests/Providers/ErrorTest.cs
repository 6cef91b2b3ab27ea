using Clawdex.LlmService.Tests.Hosting;

namespace Clawdex.LlmService.Tests.Providers;

/// <summary>Tests of errors that no repetition cures.</summary>
public abstract class ErrorTest : ServiceTest
{
    /// <summary>Retries are on: these errors must not use them.</summary>
    protected override IEnumerable<(string Key, string Value)> Settings => [("llm:retryAttempts", "3")];

    protected async Task AssertFailsOnceAsync(string facts, string model = OpenRouterModel)
    {
        Assert.Equal(facts, (await Service.AskAsync(model)).Facts);
        Assert.Single(Emulator.Chats);
    }
}
