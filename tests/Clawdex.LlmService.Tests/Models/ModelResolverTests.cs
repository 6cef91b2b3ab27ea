using Clawdex.LlmService.Models;

namespace Clawdex.LlmService.Tests.Models;

public sealed class ModelResolverTests
{
    [Theory]
    [InlineData("gemini/gemini-2.5-flash", "gemini", "gemini-2.5-flash", "gemini/gemini-2.5-flash")]
    [InlineData("gemini-2.5-flash", "gemini", "gemini-2.5-flash", "gemini/gemini-2.5-flash")]
    [InlineData("  gemini-2.5-flash\n", "gemini", "gemini-2.5-flash", "gemini/gemini-2.5-flash")]
    [InlineData("Gemini-2.5-flash", "gemini", "Gemini-2.5-flash", "gemini/Gemini-2.5-flash")]
    [InlineData("gemini/gemma-4-31b-it", "gemini", "gemma-4-31b-it", "gemini/gemma-4-31b-it")]
    [InlineData("anthropic/claude-sonnet-4-20250514", "openrouter", "anthropic/claude-sonnet-4-20250514", "anthropic/claude-sonnet-4-20250514")]
    [InlineData("openai/gpt-4o", "openrouter", "openai/gpt-4o", "openai/gpt-4o")]
    [InlineData("meta-llama/llama-4-maverick", "openrouter", "meta-llama/llama-4-maverick", "meta-llama/llama-4-maverick")]
    [InlineData("meta-llama/llama-4-maverick:free", "openrouter", "meta-llama/llama-4-maverick:free", "meta-llama/llama-4-maverick:free")]
    [InlineData("google/gemini-2.5-pro", "openrouter", "google/gemini-2.5-pro", "google/gemini-2.5-pro")]
    [InlineData("gemini-fan/some-model", "openrouter", "gemini-fan/some-model", "gemini-fan/some-model")]
    [InlineData("geminimax", "openrouter", "geminimax", "geminimax")]
    [InlineData("llama3.2", "openrouter", "llama3.2", "llama3.2")]
    [InlineData("OpenAI/GPT-4o", "openrouter", "OpenAI/GPT-4o", "OpenAI/GPT-4o")]
    public void A_model_string_leads_to_one_provider_and_one_id(string model, string provider, string modelId, string name)
    {
        Assert.True(ModelResolver.TryResolve(model, out var route));
        Assert.Equal((provider, modelId, name), (route.Provider, route.ModelId, route.Name));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \t\n ")]
    [InlineData("gemini/")]
    [InlineData("GEMINI/ ")]
    [InlineData("openai/\u0000gpt")]
    [InlineData("openai/gpt\u001b[31m")]
    [InlineData("openai/\u0085gpt")]
    [InlineData("openai/gpt 4o")]
    [InlineData("openai/gpt\u00a04o")]
    [InlineData("openai/\ud83d\ude00")]
    public void A_string_that_can_be_no_model_is_refused(string model)
    {
        Assert.False(ModelResolver.TryResolve(model, out var route));
        Assert.Null(route);
    }

    [Fact]
    public void Two_hundred_characters_are_the_limit()
    {
        Assert.True(ModelResolver.TryResolve("a/" + new string('x', 198), out _));
        Assert.False(ModelResolver.TryResolve("a/" + new string('x', 199), out _));
    }
}
