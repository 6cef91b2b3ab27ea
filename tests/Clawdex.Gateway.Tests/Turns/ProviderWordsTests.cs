using Clawdex.Gateway.Replies;
using Clawdex.Llm.V1;

namespace Clawdex.Gateway.Tests.Turns;

/// <summary>The LLM service tells facts; these are the words.</summary>
public sealed class ProviderWordsTests
{
    [Fact]
    public void Every_kind_of_failure_has_words_of_its_own()
    {
        var words = Enum.GetValues<FailureKind>().Select(kind => UserTexts.OfProvider(new Failure { Kind = kind })).ToList();

        Assert.Equal(words.Count, words.Distinct().Count());
    }

    [Theory]
    [InlineData(0, "later")]
    [InlineData(900, "in 1 s")]
    [InlineData(34_075, "in 35 s")]
    [InlineData(400_000, "in 7 min")]
    [InlineData(51_820_600, "in 15 h")]
    [InlineData(long.MaxValue, "in 720 h")]
    [InlineData(-1, "later")]
    public void A_wait_is_told_in_a_unit_that_people_read(long milliseconds, string when)
    {
        var failure = new Failure { Kind = FailureKind.RateLimited, Provider = "gemini", RetryAfterMs = milliseconds };

        Assert.Equal($"Gemini is receiving too many requests: try again {when}.", UserTexts.OfProvider(failure));
    }

    [Theory]
    [InlineData(nameof(FailureKind.InvalidRequest))]
    [InlineData(nameof(FailureKind.NoCredit))]
    [InlineData(nameof(FailureKind.RateLimited))]
    [InlineData(nameof(FailureKind.QuotaSpent))]
    [InlineData(nameof(FailureKind.NoQuota))]
    [InlineData(nameof(FailureKind.Overloaded))]
    [InlineData(nameof(FailureKind.TimedOut))]
    [InlineData(nameof(FailureKind.WrongAddress))]
    [InlineData(nameof(FailureKind.Stopped))]
    public void The_servers_own_words_end_the_sentence(string kind) =>
        Assert.EndsWith(". It says: Compute error.", UserTexts.OfProvider(new Failure { Kind = Enum.Parse<FailureKind>(kind), Provider = "openrouter", ProviderSays = "Compute error." }), StringComparison.Ordinal);

    [Theory]
    [InlineData(nameof(FailureKind.WrongAddress), "openrouter:baseUrl")]
    [InlineData(nameof(FailureKind.WebPage), "openrouter:baseUrl")]
    [InlineData(nameof(FailureKind.NotLoaded), "llm:loadTimeoutSeconds")]
    public void The_setting_that_helps_is_named(string kind, string setting) =>
        Assert.Contains(setting, UserTexts.OfProvider(new Failure { Kind = Enum.Parse<FailureKind>(kind), Provider = "openrouter" }), StringComparison.Ordinal);

    [Fact]
    public void What_the_provider_says_and_near_names_are_added()
    {
        var failure = new Failure { Kind = FailureKind.UnknownModel, Provider = "openrouter", ModelId = "openai/gtp-4o", ProviderSays = "No endpoints found.", Suggestions = { "openai/gpt-4o" } };

        Assert.Equal(
            "OpenRouter has no model 'openai/gtp-4o': choose another one with /model. It says: No endpoints found. Near names: `openai/gpt-4o`.", UserTexts.OfProvider(failure));
    }
}
