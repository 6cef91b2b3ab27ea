using Clawdex.AppHost.Configuration;
using Microsoft.Extensions.Configuration;

namespace Clawdex.AppHost.Tests.Configuration;

/// <summary>A key that is no setting is refused with where it stands and what was meant, wherever it comes from.</summary>
public sealed class UnknownKeyTests : IDisposable
{
    private readonly SettingsUnderTest _given = new();

    [Theory]
    [InlineData("channels", """{ "telegram": {\n "allowedUser": [12345] } }""", 2, "channels:telegram:allowedUser", "channels:telegram:allowedUsers")]
    [InlineData("channels", """{\n "telegram": { "allowedUser": null } }""", 2, "channels:telegram:allowedUser", "channels:telegram:allowedUsers")]
    [InlineData("channels", """{ "discord": {} }""", 1, "channels:discord", "channels:telegram")]
    [InlineData("channels", """{ "discord":\n { "botToken": "secret" } }""", 1, "channels:discord", "channels:telegram")]
    [InlineData("agent", """{\n\n /* which */ "Modell": "secret" }""", 3, "agent:Modell", "agent:model")]
    [InlineData("telegram", """{ "botToken": "secret" }""", 1, "telegram", "channels:telegram?")]
    [InlineData("emulator", """{ "delayMs": 1 }""", 1, "emulator", "emulators?")]
    [InlineData("GEMINI_API_KEY", "\"secret\"", 1, "GEMINI_API_KEY", "gemini:apiKey")]
    public void A_key_in_the_file_that_nobody_knows_is_refused_with_its_line_and_the_nearest_name(string section, string value, int line, string key, string nearest)
    {
        var error = _given.Refused($$"""{ "{{section}}": {{value.Replace("\\n", "\n", StringComparison.Ordinal)}} }""");

        Assert.Contains($"  - {_given["config.json"]}, line {line}: {key} is no setting of Clawdex; did you mean {nearest}", error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_section_that_holds_a_value_is_refused() =>
        Assert.Contains($"{_given["config.json"]}, line 1: agent must hold settings, not a value", _given.Refused("""{ "agent": "gemini-2.5-flash" }"""), StringComparison.Ordinal);

    [Fact]
    public void Keys_of_the_framework_in_the_file_are_not_judged() =>
        _given.Loaded("""{ "$schema": "x", "Logging": { "LogLevel": { "Default": "Debug" } }, "OTEL_SERVICE_NAME": "mine" }""");

    [Fact]
    public void A_key_of_the_environment_or_the_command_line_that_nobody_knows_is_refused_with_its_source()
    {
        // With a prefix, so that no process that another test starts is refused for it.
        Environment.SetEnvironmentVariable("TEST_sessions__idleMinute", "5");
        try
        {
            using var configuration = new ConfigurationManager();
            configuration.AddInMemoryCollection([new("CLAWDEX_CONFIG_PATH", _given.EmptyFile()), new("emulators:chatPort", "0")]);
            configuration.AddEnvironmentVariables("TEST_").AddCommandLine(["--agent:modle=x"]);
            using var errors = new StringWriter();

            Assert.False(ClawdexSettings.TryLoad(configuration, errors, out _));

            Assert.Contains("environment variable sessions__idleMinute: sessions:idleMinute is no setting of Clawdex; did you mean sessions:idleMinutes?", errors.ToString(), StringComparison.Ordinal);
            Assert.Contains("command line --agent:modle: agent:modle is no setting of Clawdex; did you mean agent:model?", errors.ToString(), StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("TEST_sessions__idleMinute", null);
        }
    }

    [Theory]
    [InlineData("agent__model", "agent:model")]
    [InlineData("channels__telegram__allowedUsers__0", "channels:telegram:allowedUsers")]
    [InlineData("CHANNELS__TELEGRAM__ALLOWEDUSER__0", "channels:telegram:allowedUsers")]
    public void The_name_of_a_variable_is_refused_on_the_command_line_where_it_means_nothing(string name, string nearest)
    {
        using var configuration = new ConfigurationManager();
        configuration.AddInMemoryCollection([new("CLAWDEX_CONFIG_PATH", _given.EmptyFile()), new("emulators:chatPort", "0")]);
        configuration.AddCommandLine([$"--{name}=7"]);
        using var errors = new StringWriter();

        Assert.False(ClawdexSettings.TryLoad(configuration, errors, out _));

        Assert.Contains($"  - command line --{name}: {name} is no setting of Clawdex; did you mean {nearest}?", errors.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("agent:fallbackModels", "llm:fallbackModels", """{ "agent": { "fallbackModels": ["gemini-2.5-pro"] } }""")]
    [InlineData("channels:telegram:recoverMinutes", "channels:telegram:answerWithinMinutes", """{ "channels": { "telegram": { "recoverMinutes": 5 } } }""")]
    public void A_key_that_has_a_new_name_is_refused_once_with_that_name(string former, string now, string json) =>
        Assert.Equal($"Clawdex cannot start:\n  - {_given["config.json"]}, line 1: {former} is now {now}\n", _given.Refused(json));

    public void Dispose() => _given.Dispose();
}
