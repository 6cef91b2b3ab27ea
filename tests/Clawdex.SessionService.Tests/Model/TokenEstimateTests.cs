using Clawdex.SessionService.Model;

namespace Clawdex.SessionService.Tests.Model;

public sealed class TokenEstimateTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("a", 1)]
    [InlineData("abcd", 1)]
    [InlineData("abcde", 2)]
    public void A_token_is_four_characters_rounded_up(string text, int tokens) => Assert.Equal(tokens, TokenEstimate.Of(text));

    [Fact]
    public void The_correction_settles_at_what_the_provider_counts()
    {
        var correction = 1.0;
        for (var i = 0; i < 12; i++)
            correction = TokenEstimate.Learn(correction, TokenEstimate.Correct(1000, correction), reported: 2500);

        Assert.Equal(2.5, correction, tolerance: 0.01);
    }

    [Fact]
    public void One_absurd_report_moves_the_correction_only_within_bounds()
    {
        Assert.Equal(8, TokenEstimate.Learn(1, estimated: 100, reported: int.MaxValue));
        Assert.Equal(0.505, TokenEstimate.Learn(1, estimated: 100, reported: 1), tolerance: 0.001);
    }

    [Theory]
    [InlineData(0, 500)]
    [InlineData(49, 500)]
    [InlineData(500, 0)]
    public void Unknown_counts_and_tiny_prompts_teach_nothing(int estimated, int reported) =>
        Assert.Equal(1.5, TokenEstimate.Learn(1.5, estimated, reported));

    [Fact]
    public void A_corrected_estimate_is_rounded_up_and_never_overflows()
    {
        Assert.Equal(4, TokenEstimate.Correct(3, 1.1));
        Assert.Equal(int.MaxValue, TokenEstimate.Correct(long.MaxValue, 8));
    }
}
