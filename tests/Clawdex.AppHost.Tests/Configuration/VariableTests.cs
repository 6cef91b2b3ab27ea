using Clawdex.AppHost.Configuration;

namespace Clawdex.AppHost.Tests.Configuration;

/// <summary>By whatever name a secret is in the environment, it is known as one, and kept from the services that do not need it.</summary>
public sealed class VariableTests
{
    [Theory]
    [InlineData("GEMINI_API_KEY", "gemini:apiKey")]
    [InlineData("telegram_bot_token", "channels:telegram:botToken")]
    [InlineData("DOTNET_TELEGRAM_BOT_TOKEN", "channels:telegram:botToken")]
    [InlineData("aspnetcore_openrouter_api_key", "openrouter:apiKey")]
    [InlineData("gemini__apiKey", "gemini:apiKey")]
    [InlineData("DOTNET_gemini__apiKey", "gemini:apiKey")]
    [InlineData("ASPNETCORE_channels__telegram__botToken", "channels:telegram:botToken")]
    [InlineData("ConnectionStrings__sessions", "ConnectionStrings:sessions")]
    [InlineData("CUSTOMCONNSTR_sessions", "ConnectionStrings:sessions")]
    [InlineData("PostgreSQLCONNSTR_sessions", "ConnectionStrings:sessions")]
    public void A_variable_is_known_by_the_key_that_it_sets(string variable, string key) =>
        Assert.Equal((key, true), (ConfigurationSources.KeyOf(variable), ClawdexKeys.Known.Find(ConfigurationSources.KeyOf(variable))?.IsSecret));
}
