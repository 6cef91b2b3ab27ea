using System.Text.RegularExpressions;
using Clawdex.Testing;

namespace Clawdex.ServiceDefaults.Tests;

/// <summary><c>docs/threats.md</c>: no threat without a test that tried it, unless the page itself calls it open.</summary>
public sealed partial class ThreatsDocumentTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "threats.md"));

    [Fact]
    public void Every_test_that_the_page_names_exists()
    {
        var files = Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*.cs", SearchOption.AllDirectories).ToLookup(Path.GetFileNameWithoutExtension, File.ReadAllText);
        var named = Test().Matches(Page).Select(match => (Class: match.Groups["class"].Value, Method: match.Groups["method"].Value)).ToList();

        Assert.True(named.Count > 25);
        Assert.DoesNotContain(named, test => !files[test.Class].Any(source => Regex.IsMatch(source, $@"\b{test.Method}\(")));
    }

    [Fact]
    public void Every_row_has_a_test_or_says_that_it_is_open()
    {
        var rows = Row().Matches(Page).Select(match => match.Value).ToList();

        Assert.Equal(15, rows.Count);
        Assert.DoesNotContain(rows, row => !Test().IsMatch(row) && !row.Contains("**Open**", StringComparison.Ordinal));
    }

    [GeneratedRegex(@"`(?<class>\w+(?:Tests|Properties))\.(?<method>\w+)`", RegexOptions.ExplicitCapture)]
    private static partial Regex Test();

    [GeneratedRegex(@"^\| S\d+ \|.*$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
