namespace Clawdex.LlmService.Providers.Gemini;

/// <summary>What Gemini's finish and block reasons mean to the user. New ones appear from time to time.</summary>
internal static class GeminiFinish
{
    public static string RefusedPrompt(string blockReason) =>
        $"Gemini refused this message ({Word(blockReason)}). Rephrase it, or start anew with /reset.";

    public static void End(AnswerState answer, string finishReason)
    {
        switch (finishReason)
        {
            case "STOP":
                answer.End(FinishReason.Stop);
                break;
            case "FINISH_REASON_UNSPECIFIED":
                break;
            case "MAX_TOKENS":
                answer.End(FinishReason.Length, answer.HasText
                    ? "The answer reached the model's output limit."
                    : "The model used its whole output limit for thinking. Ask for something shorter.");
                break;
            case "SAFETY" or "RECITATION" or "BLOCKLIST" or "PROHIBITED_CONTENT" or "SPII"
                or "IMAGE_SAFETY" or "IMAGE_PROHIBITED_CONTENT" or "IMAGE_RECITATION":
                answer.End(FinishReason.ContentFilter, $"Gemini stopped the answer ({Word(finishReason)}).");
                break;
            case "LANGUAGE" or "OTHER" or "MALFORMED_FUNCTION_CALL" or "UNEXPECTED_TOOL_CALL" or "TOO_MANY_TOOL_CALLS"
                or "NO_IMAGE" or "IMAGE_OTHER":
                answer.End(FinishReason.Interrupted, $"Gemini stopped the answer ({Word(finishReason)}). Try again.");
                break;
            default:
                answer.End(
                    answer.HasText ? FinishReason.Stop : FinishReason.Interrupted,
                    $"Gemini ended the answer for a reason of its own ({Word(finishReason)}).");
                break;
        }
    }

    private static string Word(string reason) => SafeText.Clean(reason, key: null).ToLowerInvariant().Replace('_', ' ');
}
