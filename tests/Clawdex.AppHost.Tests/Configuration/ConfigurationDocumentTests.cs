using System.Globalization;
using System.Text.RegularExpressions;
using Clawdex.AppHost.Configuration;
using Clawdex.ServiceDefaults.Settings;

namespace Clawdex.AppHost.Tests.Configuration;

public sealed partial class ConfigurationDocumentTests
{
    private static readonly IReadOnlyDictionary<string, Match> Rows = Row()
        .Matches(File.ReadAllText(Path.Combine(Projects.Clawdex_AppHost.ProjectPath, "..", "docs", "configuration.md")))
        .ToDictionary(match => match.Groups["key"].Value);

    [Fact]
    public void The_table_in_docs_lists_exactly_the_keys_that_the_options_classes_have() =>
        Assert.Equal(ClawdexKeys.Known.All.Select(key => key.Name).Order(StringComparer.Ordinal), Rows.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void The_table_in_docs_gives_the_options_own_defaults_bounds_and_secrets() => Assert.Multiple([.. ClawdexKeys.Known.All.Select(Compare)]);

    private static Action Compare(SettingKey key) => () =>
    {
        var (value, meaning) = (Rows[key.Name].Groups["default"].Value, Rows[key.Name].Groups["meaning"].Value);
        switch (key.Default)
        {
            case int or double:
                Assert.Equal($"{key.Name}: {string.Create(CultureInfo.InvariantCulture, $"{key.Default}")}", $"{key.Name}: {value}");
                break;
            case string { Length: > 0 } text:
                Assert.StartsWith($"{key.Name}: `{text}`", $"{key.Name}: {value}", StringComparison.Ordinal);
                break;
        }

        if (key is { Range: { } range, IsList: false })
            Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"({range.Minimum:N0} to {range.Maximum:N0}"), $"{key.Name}: {meaning}", StringComparison.Ordinal);
        Assert.Equal($"{key.Name}: {key.IsSecret}", $"{key.Name}: {meaning.Contains("(secret)", StringComparison.Ordinal)}");
    };

    [GeneratedRegex(@"^\| `(?<key>[a-zA-Z:]+)` \| (?<default>.*?) \| (?<meaning>.*) \|$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Row();
}
