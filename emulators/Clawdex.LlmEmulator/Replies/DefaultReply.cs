using System.Text.RegularExpressions;
using Clawdex.LlmEmulator.Requests;
using Clawdex.LlmEmulator.Scripts;

namespace Clawdex.LlmEmulator.Replies;

/// <summary>
/// The answer without a script: Markdown of several kinds that streams word by word, and that shows what reached the model.
/// </summary>
internal static partial class DefaultReply
{
    private const string SummaryRequest = "Summarize this conversation so far";
    private const int QuoteLimit = 600;

    public static IReadOnlyList<ScriptStep> For(LlmRequest request, int delayMs) =>
        Stream(TextFor(request), delayMs, PromptTokens(request));

    public static string TextFor(LlmRequest request) =>
        request.LastUserMessage.Contains(SummaryRequest, StringComparison.OrdinalIgnoreCase)
            || request.SystemPrompt.Contains(SummaryRequest, StringComparison.OrdinalIgnoreCase)
            ? Summary(request)
            : Introduction(request);

    /// <summary>A complete answer, one word per event.</summary>
    public static IReadOnlyList<ScriptStep> Stream(string text, int delayMs, int promptTokens)
    {
        var words = Words(text);
        var spoken = words.SelectMany<string, ScriptStep>(word =>
            delayMs > 0 ? [new ScriptStep.Delay(delayMs), new ScriptStep.Text(word)] : [new ScriptStep.Text(word)]);
        return [.. spoken, new ScriptStep.Finish(null, promptTokens, words.Count)];
    }

    /// <summary>Pieces of a word with the white space before it; together they are the text.</summary>
    public static IReadOnlyList<string> Words(string text) => [.. Word().Matches(text).Select(match => match.Value)];

    public static int PromptTokens(LlmRequest request) =>
        1 + (request.SystemPrompt.Length + request.Messages.Sum(message => message.Content.Length)) / 4;

    private static string Introduction(LlmRequest request) =>
        $"""
        ## Offline emulator

        I am **not a real model**: this is Clawdex's offline emulator, which answers while no provider key is configured.
        You asked for `{request.Model}` over the **{request.Wire}** wire.

        {Quote(request.LastUserMessage)}

        What reached me:

        - *earlier messages*: **{Math.Max(0, request.Messages.Count - 1)}**
        - *system prompt*: {(request.SystemPrompt.Length == 0 ? "none" : $"{request.SystemPrompt.Length} characters")}

        Code streams as well:

        ```csharp
        var answer = await model.AskAsync("{CodeSafe(request.LastUserMessage)}");
        Console.WriteLine(answer);
        ```

        Set `gemini:apiKey` or `openrouter:apiKey` to talk to a real model.
        """.ReplaceLineEndings("\n");

    private static string Summary(LlmRequest request)
    {
        var first = request.Messages.FirstOrDefault(message => message.Role == "user")?.Content ?? "";
        return $"Summary by the offline emulator of {request.Messages.Count} messages. The conversation began with: {Cut(first, 120)}";
    }

    private static string Quote(string message) =>
        string.Join('\n', Cut(message, QuoteLimit).ReplaceLineEndings("\n").Split('\n').Select(line => $"> {line}"));

    private static string CodeSafe(string message) =>
        Cut(message.ReplaceLineEndings(" "), 40).Replace("`", "'", StringComparison.Ordinal).Replace('"', '\'');

    /// <summary>The beginning, never ending in half a surrogate pair.</summary>
    private static string Cut(string text, int length)
    {
        if (text.Length <= length)
            return text;
        return text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)] + "…";
    }

    [GeneratedRegex(@"\s*\S+\s*$|\s*\S+|\s+$")]
    private static partial Regex Word();
}
