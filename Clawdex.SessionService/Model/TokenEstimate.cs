namespace Clawdex.SessionService.Model;

/// <summary>
/// How many tokens a text costs, without the model's tokenizer: chars / 4, times a correction per session that follows what
/// the providers report. Texts that are not English, and code, cost up to several times chars / 4.
/// </summary>
internal static class TokenEstimate
{
    private const int CharactersPerToken = 4;

    /// <summary>Half of the difference is learnt from each answer: settled after a few, not thrown off by one.</summary>
    private const double LearningRate = 0.5;

    /// <summary>One token per character is a factor of 4; beyond these bounds a report is wrong rather than surprising.</summary>
    private const double MinCorrection = 0.25, MaxCorrection = 8;

    /// <summary>Shorter prompts are mostly framing that the provider adds, and teach the wrong factor.</summary>
    private const int MinTokensToLearnFrom = 50;

    /// <summary>chars / 4, rounded up.</summary>
    public static int Of(string text) => (text.Length + CharactersPerToken - 1) / CharactersPerToken;

    public static int Correct(long tokens, double correction) =>
        (int)Math.Min(Math.Ceiling(tokens * correction), int.MaxValue);

    /// <summary>The correction after a provider counted <paramref name="reported"/> tokens for what was estimated, corrected, as <paramref name="estimated"/>.</summary>
    public static double Learn(double correction, int estimated, int reported)
    {
        if (estimated < MinTokensToLearnFrom || reported <= 0)
            return correction;

        var target = correction * reported / estimated;
        return Math.Clamp(correction + (LearningRate * (target - correction)), MinCorrection, MaxCorrection);
    }
}
