using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Clawdex.ServiceDefaults.Settings;

/// <summary>
/// Judges a configuration by the keys of options classes. Both the AppHost and each service do it, by the same classes, so what
/// the one accepts the other accepts. It reads texts, because the binder stops at the first value of a wrong type, and the
/// framework's validator names properties instead of keys and sees no key that is unknown.
/// </summary>
public sealed class SettingKeys(IReadOnlyList<SettingKey> keys)
{
    /// <summary>Letters that are wrong in what is still taken for one of our names: two slips, which may look like three.</summary>
    private const int MostSlips = 3;

    /// <summary>The keys and the sections that they are in.</summary>
    private readonly string[] _names = [.. keys.SelectMany(key => Ancestry(key.Name)).Distinct(StringComparer.Ordinal)];

    public IReadOnlyList<SettingKey> All => keys;

    /// <summary>The key that a configuration path, such as <c>channels:telegram:allowedUsers:0</c>, is a value of.</summary>
    public SettingKey? Find(string path) => keys.FirstOrDefault(key => key.Matches(path));

    /// <summary>
    /// Every value below a section, by its path. A list comes whole from the strongest source that names any element of it, because
    /// the configuration merges lists by index: who was taken off one would stay by another's.
    /// </summary>
    public IEnumerable<KeyValuePair<string, string?>> ValuesBelow(IConfiguration configuration, string section) =>
        from value in configuration.GetSection(section).AsEnumerable()
        where value.Value is not null && (Find(value.Key) is not { IsList: true } list || IsInStrongest(configuration, list.Name, value.Key))
        select value;

    /// <summary>What a service cannot do without.</summary>
    public IEnumerable<string> MissingFrom(IConfiguration configuration) =>
        from key in keys
        from required in key.Rules.OfType<RequiredAttribute>()
        where string.IsNullOrWhiteSpace(configuration[key.Name])
        select $"{key.Name} {required.ErrorMessage}";

    /// <summary>
    /// Secrets among the arguments of a process: every account of the machine can read those. One in the form of a variable would be
    /// ignored, and can be read all the same.
    /// </summary>
    public IEnumerable<string> SecretsAmong(IEnumerable<string> arguments) =>
        from argument in arguments
        let path = argument.TrimStart('-', '/').Split('=')[0].Replace("__", ":", StringComparison.Ordinal)
        where Find(path) is { IsSecret: true }
        select OnCommandLine(path, $"a file that {path}File names");

    /// <summary>What is said of a secret that other accounts can read.</summary>
    public static string OnCommandLine(string name, string instead) =>
        $"{name} stands on the command line, which other accounts of this machine can read; put it into the config file, or into {instead}";

    /// <summary>Everything that is wrong in the sections of these keys, each problem by its key and without its value.</summary>
    public IEnumerable<string> ProblemsOf(IConfiguration configuration) => ProblemsOf(configuration, path => SettingOrigin.Of(configuration, path));

    /// <param name="origin">Where a path was set, for a key that is unknown; null = nobody knows.</param>
    public IEnumerable<string> ProblemsOf(IConfiguration configuration, Func<string, string?> origin) =>
        [.. FormerNamesIn(configuration, origin), .. UnknownAndWrong(configuration, origin), .. ReadableOnTheWay(configuration)];

    /// <summary>
    /// Paths outside the sections of these keys that are one of them but for a slip or two, or for __ in the place of a colon, which only a
    /// variable may have. Others may have a variable of a similar name, so only what has parts counts.
    /// </summary>
    public IEnumerable<string> MisspeltIn(IConfiguration configuration) =>
        from setting in configuration.AsEnumerable()
        let path = setting.Key.Replace("__", ":", StringComparison.Ordinal)
        where setting.Value is not null && path.Contains(':', StringComparison.Ordinal)
        where !keys.Any(key => setting.Key.StartsWith($"{key.Name.Split(':')[0]}:", StringComparison.OrdinalIgnoreCase))
        where keys.Any(key => IsSlipOf(key.Name, path) || key.IsList && IsSlipOf(key.Name, path[..path.LastIndexOf(':')]))
        select setting.Key;

    private static bool IsInStrongest(IConfiguration configuration, string list, string path) =>
        configuration is not IConfigurationRoot root
        || root.Providers.LastOrDefault(provider => provider.GetChildKeys([], list).Any())?.TryGet(path, out _) is not false;

    private static bool IsSlipOf(string name, string typed) =>
        Math.Abs(name.Length - typed.Length) <= MostSlips && Edits.Between(typed, name) <= MostSlips;

    private IEnumerable<string> FormerNamesIn(IConfiguration configuration, Func<string, string?> origin) =>
        from key in keys
        let former = key.FormerName
        where former is not null && configuration.GetSection(former).Exists()
        select $"{At(origin(former))}{former} is now {key.Name}";

    private IEnumerable<string> ReadableOnTheWay(IConfiguration configuration) =>
        from key in keys
        where key.Rules.OfType<HttpUrlAttribute>().Any(rule => rule.CarriesSecrets)
        let permission = $"{key.Name[..key.Name.LastIndexOf(':')]}:allowInsecure"
        where HttpUrlAttribute.IsReadableOnTheWay(configuration[key.Name]) && !configuration.IsTrue(permission)
        select $"{key.Name} sends keys and conversations to another machine in plain text; use https, or permit it with {permission}=true";

    // A value of the root itself is a variable of another program, which happens to have this name.
    private IEnumerable<string> UnknownAndWrong(IConfiguration configuration, Func<string, string?> origin) =>
        from root in keys.Select(key => key.Name.Split(':')[0]).Distinct(StringComparer.OrdinalIgnoreCase)
        from section in configuration.GetSection(root).GetChildren()
        from problem in ProblemsOf(section, origin)
        select problem;

    /// <summary>What is wrong with a key that nobody knows, in one sentence with the nearest name that there is.</summary>
    public string Unknown(string path, string? origin) =>
        $"{At(origin)}{path} is no setting of Clawdex; did you mean {_names.MinBy(name => Distance(path, name))}?";

    private static string At(string? origin) => origin is null ? "" : $"{origin}: ";

    private IEnumerable<string> ProblemsOf(IConfigurationSection section, Func<string, string?> origin)
    {
        if (Find(section.Path) is { } key)
            return key.IsList ? ListProblems(key, section) : ValueProblems(key, section);
        if (keys.Any(known => section.Path.Equals(known.FormerName, StringComparison.OrdinalIgnoreCase)))
            return [];
        if (!keys.Any(known => known.Name.StartsWith($"{section.Path}:", StringComparison.OrdinalIgnoreCase)))
            return [Unknown(section.Path, origin(section.Path))];
        return section.Value is { Length: > 0 }
            ? [$"{section.Path} must hold settings, not a value"]
            : section.GetChildren().SelectMany(child => ProblemsOf(child, origin));
    }

    private static IEnumerable<string> ListProblems(SettingKey key, IConfigurationSection list) =>
        list.Value is { Length: > 0 } || key.ElementNames is null && list.GetChildren().Any(item => !IsNumber(item.Key))
            ? [$"{list.Path} must {(key.ElementNames is null ? "be a list" : "hold settings, not a value")}"]
            : list.GetChildren().SelectMany(item => ElementProblems(key, item));

    private static bool IsNumber(string name) => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private static IEnumerable<string> ElementProblems(SettingKey key, IConfigurationSection item) =>
        key.ElementNames?.ProblemOf(item.Key) is { } misnamed ? [$"{item.Path} {misnamed}"]
        : string.IsNullOrWhiteSpace(item.Value) && !item.GetChildren().Any() ? [$"{item.Path} is blank"]
        : ValueProblems(key, item);

    private static IEnumerable<string> ValueProblems(SettingKey key, IConfigurationSection value)
    {
        if (value.GetChildren().Any())
            return [$"{value.Path} must be a single value"];
        return value.Value is { } text && key.ProblemOf(text) is { } problem ? [$"{value.Path} {problem}"] : [];
    }

    private static IEnumerable<string> Ancestry(string name) =>
        name.LastIndexOf(':') is > 0 and var end ? Ancestry(name[..end]).Append(name) : [name];

    /// <summary>Letters that differ, of the whole key or of its last part; a wrong place counts three.</summary>
    private static int Distance(string path, string key) =>
        Math.Min(Edits.Between(path, key), Edits.Between(path[(path.LastIndexOf(':') + 1)..], key[(key.LastIndexOf(':') + 1)..]) + 3);
}
