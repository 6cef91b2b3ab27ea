namespace Clawdex.LlmService.Providers.Http;

/// <summary>
/// Takes away what a model thinks aloud in <c>&lt;think&gt;…&lt;/think&gt;</c> at the beginning of its text (DeepSeek, Qwen).
/// Further on, the same tag is text.
/// </summary>
internal sealed class ThoughtFilter
{
    private const string Open = "<think>";
    private const string Close = "</think>";

    private State _state;
    private string _held = "";

    private enum State
    {
        Beginning,
        Thinking,
        BeforeAnswer,
        Answer,
    }

    /// <summary>The text that can be shown now; what may be a part of a tag waits for the next call.</summary>
    public string Filter(string text)
    {
        if (_state is State.Answer || text.Length == 0)
            return text;

        text = _held + text;
        _held = "";
        if (_state is State.Beginning)
        {
            var begin = text.TrimStart();
            if (Open.StartsWith(begin, StringComparison.Ordinal))
            {
                _held = begin;
                return text[..^begin.Length];
            }

            if (!begin.StartsWith(Open, StringComparison.Ordinal))
                return Answer(text);
            _state = State.Thinking;
            text = begin[Open.Length..];
        }

        if (_state is State.Thinking)
        {
            var end = text.IndexOf(Close, StringComparison.Ordinal);
            if (end < 0)
            {
                _held = text[Math.Max(0, text.Length - Close.Length + 1)..];
                return "";
            }

            _state = State.BeforeAnswer;
            text = text[(end + Close.Length)..];
        }

        return text.TrimStart() is { Length: > 0 } answer ? Answer(answer) : "";
    }

    /// <summary>What is left when no more comes.</summary>
    public string Flush() => _state is State.Beginning ? Answer(_held) : "";

    private string Answer(string text)
    {
        (_state, _held) = (State.Answer, "");
        return text;
    }
}
