using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Clawdex.LlmEmulator.Requests;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmEmulator.Wire;

namespace Clawdex.LlmEmulator.Replies;

/// <summary>
/// Messages that make the emulator misbehave, for somebody who tries the product by hand. Only a message that is nothing but
/// the trigger counts. emulators/LLM.md lists them.
/// </summary>
internal static partial class TriggerWords
{
    private const string Opening = "Here are a few words before it happens: ";
    private const int DefaultLongReply = 9000;
    private const int LongestReply = 200_000;

    /// <summary>The steps that the last user message asks for; null when it is an ordinary message.</summary>
    public static IReadOnlyList<ScriptStep>? Find(LlmRequest request, IWireFormat wire, int delayMs)
    {
        var message = request.LastUserMessage.Trim();
        if (Trigger().Match(message) is not { Success: true } match)
            return null;

        var number = match.Groups["number"] is { Success: true } group
            ? int.Parse(group.ValueSpan, CultureInfo.InvariantCulture)
            : (int?)null;
        var second = match.Groups["second"] is { Success: true } wait
            ? int.Parse(wait.ValueSpan, CultureInfo.InvariantCulture)
            : (int?)null;
        IReadOnlyList<ScriptStep> Say(params ScriptStep[] then) =>
            [.. DefaultReply.Stream(Opening, delayMs, promptTokens: 0).SkipLast(1), .. then];
        var gemini = wire.Wire is LlmWire.Gemini;

        return match.Groups["word"].Value.ToUpperInvariant() switch
        {
            "ERROR" when number is { } status => [RespondWith(wire.Error(status, second))],
            "ERROR MIDSTREAM" => Say(new ScriptStep.Data(WireJson.Write(wire.MidStreamError(request.Model)))),
            "CUT" => Say(new ScriptStep.Cut()),
            "TRUNCATE" => Say(),
            "STALL" => Say(new ScriptStep.Stall()),
            "EMPTY" => [new ScriptStep.Finish()],
            "LENGTH" => Say(new ScriptStep.Finish(gemini ? "MAX_TOKENS" : "length")),
            "FILTER" => Say(new ScriptStep.Finish(gemini ? "SAFETY" : "content_filter")),
            "BLOCKED" when gemini => [new ScriptStep.Data("""{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":9}}""")],
            "BLOCKED" => [new ScriptStep.Finish("content_filter")],
            "THINK" => [new ScriptStep.Thought("Secret thoughts."), .. DefaultReply.Stream("That was worth a thought.", delayMs, 9)],
            "SLOW" => DefaultReply.Stream("One word per second shows how a trickle looks.", 1000, 9),
            "LONG" => DefaultReply.Stream(LongText(Math.Min(number ?? DefaultLongReply, LongestReply)), delayMs / 8, 9),
            "ECHO" => DefaultReply.Stream(match.Groups["rest"].Value, delayMs, 9),
            _ => null,
        };
    }

    private static ScriptStep.Respond RespondWith(ErrorAnswer error) => new(error.Status, error.Body, error.Headers);

    private static string LongText(int length)
    {
        var text = new StringBuilder("# A long reply\n\n");
        for (var section = 1; text.Length < length; section++)
        {
            text.Append(CultureInfo.InvariantCulture, $"## Section {section}\n\n")
                .Append("This paragraph is here to be long: **bold**, *italic*, `code` and plain words, so that a split shows.\n\n")
                .Append(CultureInfo.InvariantCulture, $"```python\nfor i in range({section}):\n    print(i)\n```\n\n");
        }

        return text.Append("The end.").ToString();
    }

    [GeneratedRegex(
        @"^(?:(?<word>error) (?<number>[45]\d\d)(?: (?<second>\d{1,4}))?|(?<word>error midstream|cut|truncate|stall|empty|length|filter|blocked|think|slow)|(?<word>long)(?: (?<number>\d{1,6}))?|(?<word>echo) (?<rest>.+))$",
        RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex Trigger();
}
