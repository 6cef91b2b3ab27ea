namespace Clawdex.AppHost.Tests.Configuration;

/// <summary>Texts that are valid JSON, and yet no settings.</summary>
public sealed class ConfigFileTextTests : IDisposable
{
    private readonly SettingsUnderTest _given = new();

    [Theory]
    [InlineData("{ \"agent\": {\n \"model\": \"a/b\" },\n\n \"agent:model\": \"c/d\" }", 4)]
    [InlineData("{ \"agent\": {\n \"model\": \"a/b\" },\n \"agent\": {\n \"editChars\": 1,\n \"Model\": \"c/d\" } }", 5)]
    public void A_key_that_stands_twice_is_named_with_the_line_of_the_second(string json, int line) =>
        Assert.StartsWith($"Clawdex cannot start:\n  - {_given["config.json"]}, line {line}: ", _given.Refused(json), StringComparison.Ordinal);

    [Theory]
    [InlineData("{ \"agent\": {\n \"systemPrompt\": \"\\ud800\" } }", "agent:systemPrompt")]
    [InlineData("{ \"agent\": {\n \"\\udc00\": 1 } }", "agent")]
    [InlineData("{ \"channels\": { \"telegram\": { \"allowedUsers\": [ 1 ],\n \"allowedUsers\": [ \"\\ud83d\" ] } } }", "channels:telegram:allowedUsers")]
    public void Half_a_character_is_refused_with_its_line_and_key(string json, string key) =>
        Assert.StartsWith($"Clawdex cannot start:\n  - {_given["config.json"]}, line 2: {key} ", _given.Refused(json), StringComparison.Ordinal);

    [Theory]
    [InlineData("""{ "channels": { "telegram": { "botTokenFile": "a\u0000b" } } }""", "channels:telegram:botTokenFile")]
    [InlineData("""{ "sessions": { "dataDirectory": "a\u0000b" } }""", "sessions:dataDirectory")]
    [InlineData("""{ "agent": { "systemPrompt": "a\u0000b" } }""", "agent:systemPrompt")]
    public void A_character_that_neither_a_path_nor_a_variable_can_hold_is_refused_by_its_key(string json, string key) =>
        Assert.Contains($"  - {key} holds a NUL character", _given.Refused(json), StringComparison.Ordinal);

    public void Dispose() => _given.Dispose();
}
