using Markdig.Syntax.Inlines;

namespace Clawdex.Gateway.Markdown;

/// <summary>Links and addresses.</summary>
internal sealed partial class InlineRenderer
{
    private void WriteLink(LinkInline link)
    {
        var url = LinkTarget.WithoutControls((link.Url ?? "").Replace(" ", "%20", StringComparison.Ordinal));
        if (link.IsAutoLink)
        {
            // The parser takes these out of the text.
            if (url.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase) || url.StartsWith("tel:", StringComparison.OrdinalIgnoreCase))
                Append(url);
            else
                WriteAll(link);
            // What goes on is another host yet.
            if (_open is null || link.NextSibling is not null)
                AppendHost(url);
            return;
        }

        var start = _output.Length;
        var target = _isCell || _output.IsIn(TextMarkKind.Link) ? null : LinkTarget.Followed(url);
        if (target is not null)
            _output.Open(TextMarkKind.Link, target);
        WriteAll(link);
        if (VisibleText.IsEmpty(_output.ToString(start)))
            Append(url);
        if (target is not null)
            _output.Close();
        if (LinkTarget.ShownBehind(url, isFollowed: target is not null, _output.ToString(start)) is { } shown)
            _output.Append($" ({shown})");
    }

    private void AppendHost(string url)
    {
        if (LinkTarget.PunycodeHost(url) is { } host)
            _output.Append($" ({host})");
    }

    // What looks like an address to CommonMark may be a placeholder, as in <image:tag>.
    private void WriteAutolink(AutolinkInline autolink)
    {
        var isAddress = autolink.IsEmail || autolink.Url.Contains("://", StringComparison.Ordinal) || autolink.Url.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase);
        Append(isAddress ? autolink.Url : $"<{autolink.Url}>");
        AppendHost(autolink.Url);
    }
}
