namespace Clawdex.Gateway.Tests.Hosting;

public sealed class OptionsTests
{
    [Fact]
    public void Every_problem_is_listed_by_key_and_no_secret_is_printed()
    {
        var result = new ValidateTelegramOptions().Validate(null, new TelegramOptions
        {
            BotToken = "not a token",
            ApiBaseUrl = "http://localhost:8081/with/path",
            AllowedUsers = [-5],
            EditIntervalMs = 1,
            EditChars = 5000,
            RecoverMinutes = 0,
            Limits = new TelegramLimits { ChatPerSecond = -1, ChatBurst = -1, GroupPerMinute = -1 },
            WebhookUrl = "https://bot.example.org",
            WebhookSecret = "not allowed!",
        });

        Assert.Equal(
            [
                "channels:telegram:botToken", "channels:telegram:apiBaseUrl", "channels:telegram:allowedUsers", "channels:telegram:editIntervalMs",
                "channels:telegram:editChars", "channels:telegram:recoverMinutes", "channels:telegram:limits:chatPerSecond", "channels:telegram:limits:chatBurst",
                "channels:telegram:limits:groupPerMinute", "channels:telegram:webhookUrl", "channels:telegram:webhookSecret",
            ],
            (result.Failures ?? []).Select(problem => problem.Split(' ')[0]));
        Assert.DoesNotContain("not a token", result.FailureMessage, StringComparison.Ordinal);
        Assert.DoesNotContain("not allowed!", result.FailureMessage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    public void A_blank_token_is_missing(string token) =>
        Assert.StartsWith(
            "channels:telegram:botToken is missing",
            new ValidateTelegramOptions().Validate(null, new TelegramOptions { BotToken = token }).FailureMessage,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("1:emulator")]
    [InlineData("123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw-_")]
    public void A_token_is_all_that_is_needed(string token) =>
        Assert.True(new ValidateTelegramOptions().Validate(null, new TelegramOptions { BotToken = token }).Succeeded);

    [Fact]
    public void The_agents_options_are_checked_too()
    {
        var result = new ValidateAgentOptions().Validate(null, new AgentOptions { Model = " ", MaxHistoryMessages = 0, ContextWindowPercent = 101 });

        Assert.Equal(["agent:model", "agent:maxHistoryMessages", "agent:contextWindowPercent"], (result.Failures ?? []).Select(problem => problem.Split(' ')[0]));
    }
}
