namespace Clawdex.LlmService.Providers.OpenRouter;

/// <summary>What OpenRouter's finish reasons mean to the user.</summary>
internal static class OpenRouterFinish
{
    public static void End(AnswerState answer, string finishReason)
    {
        switch (finishReason)
        {
            case "stop":
                answer.End(FinishReason.Stop);
                break;
            case "length":
                answer.End(FinishReason.Length, answer.HasText
                    ? "The answer reached the model's output limit."
                    : "The model used its whole output limit for thinking. Ask for something shorter.");
                break;
            case "content_filter":
                answer.End(FinishReason.ContentFilter, "The provider's content filter stopped the answer.");
                break;
            case "tool_calls" or "function_call":
                answer.End(FinishReason.Interrupted, "The model asked for a tool, which it does not have here.");
                break;
            case "error":
                answer.Failure ??= new ProviderFailure(
                    FailureKind.Unavailable, "The provider behind OpenRouter failed in the middle of the answer. Try again.", Retryable: true);
                break;
            default:
                answer.End(
                    answer.HasText ? FinishReason.Stop : FinishReason.Interrupted,
                    $"The provider ended the answer for a reason of its own ({SafeText.Clean(finishReason, key: null)}).");
                break;
        }
    }
}
