using Clawdex.Gateway.Markdown;
using Clawdex.Gateway.Replies;
using Clawdex.Llm.V1;

namespace Clawdex.Gateway.Tests.Replies;

/// <summary>What others say stands in the bot's own sentences as they said it.</summary>
public sealed class ForeignWordsTests
{
    [Theory]
    [InlineData("use *this* or [that](https://evil.example) ||now||")]
    [InlineData("a_b_c, `x`, <br> &amp; \\(y\\) $z*1*2$ ~~no~~")]
    [InlineData("# no heading")]
    public void A_providers_words_are_no_markdown(string words)
    {
        var text = UserTexts.OfProvider(new Failure { Kind = FailureKind.InvalidRequest, Provider = "gemini", ProviderSays = words });

        var part = Assert.Single(TelegramText.Render(text, complete: true));

        Assert.Equal($"Gemini did not accept the request. It says: {words}", part.Plain);
        Assert.DoesNotContain("<", part.Html, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_of_others_do_not_begin_blocks()
    {
        var text = UserTexts.OfProvider(new Failure { Kind = FailureKind.Refused, Provider = "gemini", ProviderSays = "no\n- a\n\n> b" });

        Assert.Contains("(no - a > b)", Assert.Single(TelegramText.Render(text, complete: true)).Plain, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a`b*c*")]
    [InlineData("`a`")]
    [InlineData("[x](https://evil.example)")]
    public void A_models_name_is_code_whatever_it_is(string name)
    {
        var part = Assert.Single(TelegramText.Render(UserTexts.ModelSwitched(name), complete: true));

        Assert.Equal($"✅ Model switched to {name} for this conversation.", part.Plain);
        Assert.Contains("<code>", part.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("<i>", part.Html, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_commands_name_is_no_markdown() => Assert.Equal(
        "I do not know /a_b_c*d*. Send /help for the list of commands.",
        Assert.Single(TelegramText.Render(UserTexts.UnknownCommand("a_b_c*d*"), complete: true)).Html);
}
