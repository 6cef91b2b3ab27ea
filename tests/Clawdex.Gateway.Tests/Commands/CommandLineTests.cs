using Clawdex.Gateway.Commands;
using Clawdex.Gateway.Telegram;

namespace Clawdex.Gateway.Tests.Commands;

public sealed class CommandLineTests
{
    private static readonly BotIdentity Bot = new(1, "clawdex_bot");

    [Theory]
    [InlineData("/help", "help", "")]
    [InlineData("/HELP", "help", "")]
    [InlineData("/help@clawdex_bot", "help", "")]
    [InlineData("/Help@CLAWDEX_BOT", "help", "")]
    [InlineData("/start payload", "start", "payload")]
    [InlineData("/start@clawdex_bot payload", "start", "payload")]
    [InlineData("/model openai/gpt-4o", "model", "openai/gpt-4o")]
    [InlineData("/MODEL@clawdex_bot arg\nline", "model", "arg\nline")]
    [InlineData("/model\nopenai/gpt-4o", "model", "openai/gpt-4o")]
    [InlineData("/model   spaced  ", "model", "spaced")]
    [InlineData("/resetfoo", "resetfoo", "")]
    public void A_command_is_a_whole_word_after_a_slash(string text, string name, string argument)
    {
        var line = CommandLine.Parse(text);

        Assert.NotNull(line);
        Assert.Equal((name, argument), (line.Name, line.Argument));
        Assert.False(line.IsForAnother(Bot));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("//")]
    [InlineData("/ help")]
    [InlineData("//help")]
    [InlineData(" /help")]
    [InlineData("/etc/hosts is a file")]
    [InlineData("/help, please")]
    [InlineData("/hülfe")]
    [InlineData("/help@")]
    [InlineData("help")]
    [InlineData("")]
    public void Anything_else_is_text(string text) => Assert.Null(CommandLine.Parse(text));

    [Fact]
    public void A_command_that_names_another_bot_is_for_that_bot() => Assert.True(CommandLine.Parse("/help@OtherBot")?.IsForAnother(Bot));
}
