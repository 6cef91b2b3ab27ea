using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Clawdex.AppHost.Configuration;
using Clawdex.ServiceDefaults.Settings;
using Clawdex.Testing;
using Microsoft.Extensions.Configuration;

namespace Clawdex.AppHost.Tests.Configuration;

/// <summary>
/// Every key with one slip and with two: a letter left out, put in, replaced or swapped with its neighbour. None may be ignored,
/// because what was meant to protect would not. <c>CLAWDEX_SLIPS=all</c> tries every pair of slips.
/// </summary>
public sealed partial class MisspeltKeyTests : IDisposable
{
    /// <summary>What is put in, and in the place of a letter: among them what separates the parts of a key.</summary>
    private const string Letters = "s:";

    /// <summary>Pairs of slips that each key is tried with.</summary>
    private const int SomePairs = 20;

    /// <summary>Misspelt keys of one configuration.</summary>
    private const int AtOnce = 40;

    private const int Seed = 16;

    private readonly TemporaryDirectory _folder = new();

    public static TheoryData<string> Keys => [.. ClawdexKeys.Known.All.Select(key => key.Name)];

    [Theory]
    [MemberData(nameof(Keys))]
    public void A_key_with_one_slip_or_two_is_refused_by_its_name_wherever_it_stands(string name)
    {
        string[] once = [.. Wrong(Slips(name))];
        string[] all = [.. Wrong([.. once, .. Twice(name)])];
        TestContext.Current.SendDiagnosticMessage(string.Create(CultureInfo.InvariantCulture, $"{name}: {all.Length} misspellings"));

        foreach (var some in once.Chunk(AtOnce))
            Assert.Empty(Ignored(some, InFile(some)));
        // Another program's variable may be named as one of ours without parts.
        foreach (var some in all.Where(path => path.Contains(':', StringComparison.Ordinal)).Chunk(AtOnce))
            Assert.Empty(Ignored(some, Elsewhere(some)));
    }

    [Fact]
    public void No_key_is_taken_for_a_slip_of_another_services() =>
        Assert.All(ClawdexKeys.Known.All, key => Assert.DoesNotContain(
            ClawdexKeys.Known.All, other => other.Name.Split(':')[0] != key.Name.Split(':')[0] && Edits.Between(key.Name, other.Name) <= 3));

    public void Dispose() => _folder.Dispose();

    /// <summary>Problems of a config file with these keys.</summary>
    private IEnumerable<string> InFile(IEnumerable<string> paths)
    {
        File.WriteAllText(_folder["config.json"], JsonSerializer.Serialize(paths.ToDictionary(path => path, _ => "1", StringComparer.OrdinalIgnoreCase)));
        return ProblemsOf([new("CLAWDEX_CONFIG_PATH", _folder["config.json"])]);
    }

    /// <summary>The same of the environment and the command line.</summary>
    private IEnumerable<string> Elsewhere(IEnumerable<string> paths)
    {
        File.WriteAllText(_folder["empty.json"], "{}");
        return ProblemsOf([new("CLAWDEX_CONFIG_PATH", _folder["empty.json"]), .. paths.Select(path => KeyValuePair.Create(path, (string?)"1"))]);
    }

    private static IReadOnlyList<string> ProblemsOf(IEnumerable<KeyValuePair<string, string?>> settings)
    {
        using var configuration = new ConfigurationManager();
        configuration.AddInMemoryCollection(settings);
        ClawdexSettings.Load(configuration, [], isStarting: false, out var problems);
        return problems;
    }

    /// <summary>The misspelt keys that no problem names, by themselves or by the section in which they stand.</summary>
    private static IEnumerable<string> Ignored(IEnumerable<string> misspelt, IEnumerable<string> problems)
    {
        var named = problems.Select(problem => NameIn().Match(problem).Groups["name"].Value).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return misspelt.Where(path => !Ancestry(path).Any(named.Contains));
    }

    [GeneratedRegex(@"^(.*, line \d+: )?(?<name>\S*) (is no |must )")]
    private static partial Regex NameIn();

    private static IEnumerable<string> Ancestry(string path) =>
        path.LastIndexOf(':') is >= 0 and var end ? Ancestry(path[..end]).Append(path) : [path];

    private static IEnumerable<string> Twice(string name)
    {
        if (Environment.GetEnvironmentVariable("CLAWDEX_SLIPS") == "all")
            return Slips(name).SelectMany(Slips);
        var random = new Random(Seed);
        string[] once = [.. Slips(name)];
        return Enumerable.Range(0, SomePairs).Select(_ => random.GetItems([.. Slips(random.GetItems(once, 1)[0])], 1)[0]);
    }

    private static IEnumerable<string> Slips(string name) =>
    [
        .. from at in Enumerable.Range(0, name.Length) select name.Remove(at, 1),
        .. from at in Enumerable.Range(0, name.Length + 1) from letter in Letters select name.Insert(at, $"{letter}"),
        .. from at in Enumerable.Range(0, name.Length) from letter in Letters select name.Remove(at, 1).Insert(at, $"{letter}"),
        .. from at in Enumerable.Range(0, name.Length - 1) select $"{name[..at]}{name[at + 1]}{name[at]}{name[(at + 2)..]}",
    ];

    /// <summary>Without what is right all the same: another key, or this one in other case.</summary>
    private static IEnumerable<string> Wrong(IEnumerable<string> paths) =>
        paths.Where(path => ClawdexKeys.Known.Find(path) is null).Distinct(StringComparer.OrdinalIgnoreCase);
}
