using Clawdex.ServiceDefaults.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Tests.Hosting;

public sealed class OptionsTests
{
    private const string Token = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw-_";

    private static readonly SettingKeys Keys = new(
        [.. SettingKey.Of(new TelegramOptions(), TelegramOptions.Section), .. SettingKey.Of(new AgentOptions(), AgentOptions.Section)]);

    [Theory]
    [InlineData("channels:telegram:botToken", "not a token")]
    [InlineData("channels:telegram:botToken", "123:AB.CD")]
    [InlineData("channels:telegram:botToken", "12345678901234567:AB")]
    [InlineData("channels:telegram:apiBaseUrl", "http://localhost:8081/with/path")]
    [InlineData("channels:telegram:allowedUsers:0", "-5")]
    [InlineData("channels:telegram:allowedUsers:1", "0")]
    [InlineData("channels:telegram:allowedUsers:0", "")]
    [InlineData("channels:telegram:allowedUsers:0", "+5")]
    [InlineData("channels:telegram:allowedUsers:0", "anybody")]
    [InlineData("channels:telegram:allowedUsers:0", "**")]
    [InlineData("channels:telegram:allowedUsers:0", "9223372036854775808")]
    [InlineData("channels:telegram:claim", "twenty-one-characters")]
    [InlineData("channels:telegram:claim", "twenty-two characters!")]
    [InlineData("channels:telegram:allowRequests", "yes")]
    [InlineData("channels:telegram:editIntervalMs", "1")]
    [InlineData("channels:telegram:editIntervalMs", "")]
    [InlineData("channels:telegram:editChars", "5000")]
    [InlineData("channels:telegram:answerWithinMinutes", "0x1E")]
    [InlineData("channels:telegram:limits:chatPerSecond", "-1")]
    [InlineData("channels:telegram:limits:chatPerSecond", "1,000")]
    [InlineData("channels:telegram:limits:chatPerSecond", "NaN")]
    [InlineData("channels:telegram:limits:chatBurst", "-1")]
    [InlineData("channels:telegram:limits:groupPerMinute", "2.5")]
    [InlineData("channels:telegram:limits:groupPerMinute", "1e2")]
    [InlineData("channels:telegram:webhookUrl", "https://bot.example.org")]
    [InlineData("channels:telegram:webhookUrl", "https://bot.example.org//tg")]
    [InlineData("channels:telegram:webhookUrl", "https://bot.example.org/tg//x")]
    [InlineData("channels:telegram:webhookUrl", "https://bot.example.org/t%3Fg")]
    [InlineData("channels:telegram:webhookSecret", "not allowed!")]
    [InlineData("channels:telegram:webhookSecret", "fifteen-letters")]
    [InlineData("agent:model", "gemini/")]
    [InlineData("agent:model", "a b")]
    [InlineData("agent:maxHistoryMessages", "0")]
    [InlineData("agent:contextWindowPercent", "101")]
    [InlineData("agent:limits:tokensPerUserPerDay", "-1")]
    [InlineData("agent:limits:tokensPerDay", "3000000000")]
    [InlineData("agent:limits:answersAtOnce", "0")]
    [InlineData("agent:limits:answersAtOncePerUser", "1001")]
    [InlineData("agent:limits:maxOutputTokens", "15")]
    [InlineData("agent:allowedModels:0", "open ai/*")]
    [InlineData("agent:modelAliases:fast", "open ai")]
    [InlineData("agent:modelAliases:fast", "")]
    [InlineData("agent:modelAliases:open/ai", "openai/gpt-4o")]
    [InlineData("agent:modelAliases:Default", "openai/gpt-4o")]
    [InlineData("agent:modelAliases:gemini-2.5-flash", "openai/gpt-4o")]
    [InlineData("agent:modelAliases:very fast", "openai/gpt-4o")]
    [InlineData("agent:modelAliases", "openai/gpt-4o")]
    public void A_value_that_cannot_work_is_refused_by_its_key_and_never_repeated(string key, string value)
    {
        var problem = Assert.Single(Problems((key, value)));

        Assert.StartsWith($"{key} ", problem, StringComparison.Ordinal);
        Assert.True(value.Length == 0 || !problem.Contains($" {value}", StringComparison.Ordinal), problem);
    }

    [Fact]
    public void What_has_names_is_no_list() =>
        Assert.Equal(["channels:telegram:allowedUsers must be a list"], Problems(("channels:telegram:allowedUsers:me", "42")));

    [Theory]
    [InlineData("channels:telegram:allowedUser:0", "channels:telegram:allowedUsers")]
    [InlineData("channels:telegram:token", "channels:telegram:botToken")]
    [InlineData("channels:allowedUsers:0", "channels:telegram:allowedUsers")]
    [InlineData("channels:telegram:limits:groupPerMinutes", "channels:telegram:limits:groupPerMinute")]
    [InlineData("agent:modle", "agent:model")]
    [InlineData("agent:limits:tokenPerDay", "agent:limits:tokensPerDay")]
    [InlineData("agent:tokensPerDay", "agent:limits:tokensPerDay")]
    public void A_key_that_nobody_knows_is_refused_with_the_nearest_one(string key, string nearest) =>
        Assert.EndsWith($"did you mean {nearest}?", Assert.Single(Problems((key, "5"))), StringComparison.Ordinal);

    [Theory]
    [InlineData("channels:telegram:botToken", "1:emulator")]
    [InlineData("CHANNELS:TELEGRAM:EDITCHARS", "4096")]
    [InlineData("channels:telegram:apiBaseUrl", "http://localhost:8081/")]
    [InlineData("channels:telegram:limits:chatPerSecond", "0.5")]
    [InlineData("channels:telegram:allowedUsers:7", "9223372036854775807")]
    [InlineData("channels:telegram:allowedUsers:1", "*")]
    [InlineData("channels:telegram:claim", "0123456789abcdefghij-_")]
    [InlineData("channels:telegram:claim", "")]
    [InlineData("channels:telegram:webhookUrl", "https://bot.example.org/telegram")]
    [InlineData("channels:telegram:webhookUrl", "")]
    [InlineData("agent:model", "gemini-2.5-flash")]
    [InlineData("agent:limits:tokensPerDay", "0")]
    [InlineData("agent:allowedModels:3", "openai/gpt-4o*")]
    [InlineData("agent:modelAliases:Fast_1.5-b", "openai/gpt-4o:free")]
    [InlineData("agent", "a variable of another program")]
    public void A_value_that_works_is_taken(string key, string value) => Assert.Empty(Problems((key, value)));

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    public void A_blank_token_is_missing(string token) =>
        Assert.Equal(["channels:telegram:botToken is missing: get one from @BotFather"], Keys.MissingFrom(Configured(("channels:telegram:botToken", token))));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    public void Any_other_blank_text_counts_as_absent(string blank)
    {
        var configured = Configured(("channels:telegram:apiBaseUrl", blank), ("agent:model", blank));

        Assert.Equal(TelegramOptions.OfficialApi, configured.GetSection(TelegramOptions.Section).Get<TelegramOptions>()?.ApiBaseUrl);
        Assert.Equal(new AgentOptions().Model, configured.GetSection(AgentOptions.Section).Get<AgentOptions>()?.Model);
    }

    [Fact]
    public void A_token_is_all_that_is_needed() => Assert.Empty(Keys.MissingFrom(Configured(("channels:telegram:botToken", Token))));

    [Fact]
    public void A_list_comes_whole_from_the_strongest_source_that_names_any_of_it()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new("channels:telegram:allowedUsers:0", "111"), new("channels:telegram:allowedUsers:1", "222"), new("channels:telegram:editChars", "7")]);
        builder.Configuration.AddInMemoryCollection([new("CHANNELS:TELEGRAM:ALLOWEDUSERS:0", "333")]);
        builder.AddSettings<TelegramOptions>(TelegramOptions.Section);
        using var host = builder.Build();

        var options = host.Services.GetRequiredService<IOptions<TelegramOptions>>().Value;

        Assert.Equal(["333"], options.AllowedUsers);
        Assert.Equal(7, options.EditChars);
    }

    private static IEnumerable<string> Problems(params (string Key, string Value)[] settings) => Keys.ProblemsOf(Configured(settings));

    private static IConfiguration Configured(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(setting => setting.Key, string? (setting) => setting.Value)).Build();
}
