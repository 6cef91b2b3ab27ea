namespace Clawdex.LlmService.Providers.Http;

/// <summary>
/// Takes away what a model thinks aloud at the beginning of its text, once or several times (DeepSeek, Qwen, Magistral, Kimi).
/// Further on, the same tags are text.
/// </summary>
internal sealed class ThoughtFilter
{
    private static readonly (string Open, string Close)[] Tags =
    [
        ("<think>", "</think>"),
        ("<thinking>", "</thinking>"),
        ("<thought>", "</thought>"),
        ("<reasoning>", "</reasoning>"),
        ("[THINK]", "[/THINK]"),
        ("◁think▷", "◁/think▷"),
    ];

    // What ends the thought that is open; null = none is.
    private string? _close;
    private string _held = "";
    private bool _hasThought;
    private bool _isAnswer;

    /// <summary>The text that can be shown now; what may be a part of a tag waits for the next call.</summary>
    public string Filter(string text)
    {
        if (_isAnswer || text.Length == 0)
            return text;

        text = _held + text;
        _held = "";
        while ((_close ??= OpenThought(ref text)) is { } close)
        {
            var end = text.IndexOf(close, StringComparison.OrdinalIgnoreCase);
            if (end < 0)
            {
                _held = text[Math.Max(0, text.Length - close.Length + 1)..];
                return "";
            }

            text = text[(end + close.Length)..];
            _close = null;
        }

        return Begin(text);
    }

    /// <summary>What is left when no more comes.</summary>
    public string Flush() => _close is null ? _held : "";

    /// <summary>What ends the thought that begins here; null = none does.</summary>
    private string? OpenThought(ref string text)
    {
        var begin = text.TrimStart();
        foreach (var (open, close) in Tags)
        {
            if (!begin.StartsWith(open, StringComparison.OrdinalIgnoreCase))
                continue;
            (_hasThought, text) = (true, begin[open.Length..]);
            return close;
        }

        return null;
    }

    // Behind a thought the space belongs to it.
    private string Begin(string text)
    {
        var begin = text.TrimStart();
        var space = _hasThought ? "" : text[..^begin.Length];
        if (Array.Exists(Tags, tag => tag.Open.StartsWith(begin, StringComparison.OrdinalIgnoreCase)))
        {
            _held = begin;
            return space;
        }

        _isAnswer = true;
        return space + begin;
    }
}
