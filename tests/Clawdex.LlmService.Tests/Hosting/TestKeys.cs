namespace Clawdex.LlmService.Tests.Hosting;

/// <summary>Keys that look like real ones and that no test output may contain.</summary>
internal static class TestKeys
{
    public const string Gemini = "AIzaSyTEST-0123456789abcdefghijklmnopqrs";
    public const string OpenRouter = "sk-or-v1-0123456789abcdef0123456789abcdef";
}
