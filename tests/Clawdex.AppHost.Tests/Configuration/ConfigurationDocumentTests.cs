using System.Text.RegularExpressions;
using Clawdex.AppHost.Configuration;

namespace Clawdex.AppHost.Tests.Configuration;

public sealed partial class ConfigurationDocumentTests
{
    [Fact]
    public void The_table_in_docs_lists_exactly_the_keys_that_the_start_checks()
    {
        var document = File.ReadAllText(Path.Combine(Projects.Clawdex_AppHost.ProjectPath, "..", "docs", "configuration.md"));

        var documented = TableKey().Matches(document).Select(match => match.Groups[1].Value);

        Assert.Equal(
            SettingKey.All.Select(key => key.Name.Replace(":*", "", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
            documented.Order(StringComparer.Ordinal));
    }

    [GeneratedRegex("^\\| `([a-zA-Z:]+)` \\|", RegexOptions.Multiline)]
    private static partial Regex TableKey();
}
