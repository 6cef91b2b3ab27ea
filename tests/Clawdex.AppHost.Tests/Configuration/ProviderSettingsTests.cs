namespace Clawdex.AppHost.Tests.Configuration;

/// <summary>Which providers are set up, and which model is the default with them.</summary>
public sealed class ProviderSettingsTests : IDisposable
{
    private readonly SettingsUnderTest _given = new();

    public void Dispose() => _given.Dispose();

    [Theory]
    [InlineData("""{ "gemini": { "apiKey": "k" } }""", null)]
    [InlineData("""{ "gemini": { "apiKey": "k" }, "openrouter": { "apiKey": "k" } }""", null)]
    [InlineData("""{ "openrouter": { "apiKey": "k" } }""", "google/gemini-2.5-flash")]
    [InlineData("""{ "openrouter": { "apiKey": "k", "baseUrl": "https://openrouter.ai/api/v1" } }""", "google/gemini-2.5-flash")]
    [InlineData("""{ "openrouter": { "apiKey": "k" }, "agent": { "model": "openai/gpt-4o" } }""", null)]
    [InlineData("{}", null)]
    public void The_default_model_is_one_that_the_only_provider_has(string json, string? model) =>
        Assert.Equal(model, _given.Loaded(json).Providers.DefaultModel);

    [Theory]
    [InlineData("""{ "openrouter": { "baseUrl": "http://127.0.0.1:1/v1" } }""", "agent:model is missing: name a model of the server at openrouter:baseUrl")]
    [InlineData("""{ "openrouter": { "baseUrl": "https://models.example/v1", "apiKey": "k" } }""", "agent:model is missing")]
    [InlineData("""{ "openrouter": { "apiKey": "k" }, "agent": { "model": "gemini-2.5-flash" } }""", "agent:model needs the provider gemini, but gemini:apiKey is missing")]
    [InlineData("""{ "gemini": { "apiKey": "k" }, "agent": { "model": "openai/gpt-4o" } }""", "agent:model needs the provider openrouter, but openrouter:apiKey is missing")]
    [InlineData("""{ "gemini": { "apiKey": "k" }, "llm": { "fallbackModels": ["openai/gpt-4o"] } }""", "llm:fallbackModels:0 needs the provider openrouter")]
    [InlineData("""{ "gemini": { "apiKey": "k" }, "agent": { "model": "fast", "modelAliases": { "fast": "openai/gpt-4o" } } }""", "agent:model needs the provider openrouter")]
    [InlineData("""{ "gemini": { "apiKey": "k" }, "agent": { "modelAliases": { "fast": "openai/gpt-4o" } } }""", "agent:modelAliases:fast needs the provider openrouter")]
    public void A_model_whose_provider_is_not_set_up_is_refused(string json, string problem) =>
        Assert.Contains($"  - {problem}", _given.Refused(json), StringComparison.Ordinal);

    [Fact]
    public void The_default_model_may_be_an_alias_and_aliases_are_handed_on() =>
        Assert.Equal(
            [("agent:model", "fast"), ("agent:modelAliases:fast", "gemini-2.5-flash")],
            _given.Loaded("""{ "gemini": { "apiKey": "k" }, "agent": { "model": "fast", "modelAliases": { "fast": "gemini-2.5-flash" } } }""")
                .NonSecretsBelow("agent").Select(pair => (pair.Key, pair.Value)).Order());

    [Fact]
    public void A_base_url_without_its_key_is_an_error()
    {
        var error = _given.Refused("""{ "gemini": { "baseUrl": "http://models.example:1" }, "channels": { "telegram": { "apiBaseUrl": "http://localhost:2" } } }""");

        Assert.Contains("gemini:apiKey is missing", error, StringComparison.Ordinal);
        Assert.Contains("channels:telegram:botToken is missing", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("openrouter")]
    [InlineData("gemini")]
    public void A_base_url_on_this_machine_alone_is_a_provider(string provider)
    {
        var settings = _given.Loaded($$"""{ "agent": { "model": "{{provider}}-x" }, "{{provider}}": { "baseUrl": "http://localhost:11434/v1" } }""");

        Assert.False(settings.EmulatesModels);
    }
}
