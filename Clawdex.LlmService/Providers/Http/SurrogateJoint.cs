using System.Text;

namespace Clawdex.LlmService.Providers.Http;

/// <summary>
/// Puts a character together again that a provider cut into two events: some send <c>"\ud83d"</c> and then <c>"\ude00"</c>.
/// </summary>
internal sealed class SurrogateJoint
{
    private char? _half;

    /// <summary>The text that can be shown now; a leading half at its end waits for the next call.</summary>
    public string Join(string text)
    {
        if (text.Length == 0 || (_half is null && !text.AsSpan().ContainsAnyInRange('\ud800', '\udfff')))
            return text;

        if (_half is { } half)
            text = half + text;
        _half = char.IsHighSurrogate(text[^1]) ? text[^1] : null;
        // What is still half a character becomes U+FFFD.
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(_half is null ? text : text[..^1]));
    }

    /// <summary>What is left when no more comes.</summary>
    public string Flush()
    {
        var rest = _half is null ? "" : "\ufffd";
        _half = null;
        return rest;
    }
}
