using Clawdex.AppHost.Configuration;
using Microsoft.Extensions.Configuration;

namespace Clawdex.AppHost.Tests.Configuration;

/// <summary>Lists come whole from one source, and what is no list, or holds nothing, is not taken for one.</summary>
public sealed class ListTests : IDisposable
{
    private readonly SettingsUnderTest _given = new();

    [Fact]
    public void A_list_comes_whole_from_the_strongest_source_that_names_any_of_it()
    {
        File.WriteAllText(_given["config.json"], """{ "channels": { "telegram": { "allowedUsers": [1, 2, 3] } } }""");

        var settings = SettingsUnderTest.Load(new() { ["CLAWDEX_CONFIG_PATH"] = _given["config.json"], ["channels:telegram:allowedUsers:0"] = "9" }).Settings;

        Assert.NotNull(settings);
        Assert.Equal(["9"], settings.NonSecretsBelow("channels:telegram").Select(pair => pair.Value));
    }

    [Theory]
    [InlineData("channels:telegram:allowedUsers", "111", "222")]
    [InlineData("agent:allowedModels", "openai/*", "*")]
    [InlineData("agent:modelAliases", "openai/gpt-4o", "openai/o1")]
    [InlineData("llm:fallbackModels", "openai/gpt-4o", "openai/o1")]
    public void What_a_weaker_source_than_the_strongest_has_in_a_list_is_not_in_it(string list, string kept, string former)
    {
        using var configuration = new ConfigurationManager();
        configuration.AddInMemoryCollection([new("CLAWDEX_CONFIG_PATH", _given.EmptyFile()), new("emulators:chatPort", "0")]);
        configuration.AddInMemoryCollection([new($"{list}:0", former), new($"{list}:1", former)]).AddCommandLine([$"--{list}:0={kept}"]);

        Assert.True(ClawdexSettings.TryLoad(configuration, TextWriter.Null, out var settings));

        Assert.Equal([kept], settings.ListOf(list));
        Assert.Equal([($"{list}:0", kept)], settings.NonSecretsBelow(list[..list.LastIndexOf(':')]).Select(pair => (pair.Key, pair.Value)));
    }

    [Fact]
    public void The_default_model_is_no_alias_that_only_a_weaker_source_has()
    {
        using var configuration = new ConfigurationManager();
        configuration.AddInMemoryCollection(
        [
            new("CLAWDEX_CONFIG_PATH", _given.EmptyFile()), new("emulators:chatPort", "0"), new("gemini:apiKey", "k"),
            new("agent:model", "fast"), new("agent:modelAliases:fast", "gemini/gemini-2.5-flash"),
        ]);
        configuration.AddCommandLine(["--agent:modelAliases:slow=gemini/gemini-2.5-pro"]);
        using var errors = new StringWriter();

        Assert.False(ClawdexSettings.TryLoad(configuration, errors, out _));

        Assert.Contains("  - agent:model needs the provider openrouter", errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_that_is_blank_is_named_by_no_source() =>
        Assert.Equal(["7"], SettingsUnderTest.Load(new()
        {
            ["CLAWDEX_CONFIG_PATH"] = _given.FileOf("""{ "channels": { "telegram": { "allowedUsers": [7] } } }"""),
            ["channels:telegram:allowedUsers"] = "",
        }).Settings?.ListOf("channels:telegram:allowedUsers"));

    [Theory]
    [InlineData("""{ "channels": { "telegram": { "allowedUsers": [null] } } }""", "channels:telegram:allowedUsers:0 is blank")]
    [InlineData("""{ "channels": { "telegram": { "allowedUsers": [7, {}] } } }""", "channels:telegram:allowedUsers:1 is blank")]
    [InlineData("""{ "channels": { "telegram": { "allowedUsers": [7, [8]] } } }""", "channels:telegram:allowedUsers:1 must be a single value")]
    [InlineData("""{ "channels": { "telegram": { "allowedUsers": { "me": 42 } } } }""", "channels:telegram:allowedUsers must be a list")]
    [InlineData("""{ "agent": { "allowedModels": { "0": "a/b", "first": "c/d" } } }""", "agent:allowedModels must be a list")]
    [InlineData("""{ "agent": { "modelAliases": { "fast": null } } }""", "agent:modelAliases:fast is blank")]
    [InlineData("""{ "channels": { "telegram": { "botToken": null } } }""", "channels:telegram:botToken is blank")]
    [InlineData("""{ "agent": { "limits": { "tokensPerDay": null } } }""", "agent:limits:tokensPerDay must be a whole number")]
    public void What_is_of_another_shape_or_null_is_refused_by_its_key(string json, string problem) =>
        Assert.StartsWith($"Clawdex cannot start:\n  - {problem}", _given.Refused(json), StringComparison.Ordinal);

    [Theory]
    [InlineData("""{ "channels": { "telegram": { "allowedUsers": [] } } }""")]
    [InlineData("""{ "agent": {}, "channels": { "telegram": { "allowedUsers": null, "limits": {} } }, "Logging": null }""")]
    public void What_holds_nothing_is_fine(string json) => Assert.Empty(_given.Loaded(json).ListOf("channels:telegram:allowedUsers"));

    public void Dispose() => _given.Dispose();
}
