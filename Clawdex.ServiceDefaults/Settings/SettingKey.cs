using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;

namespace Clawdex.ServiceDefaults.Settings;

/// <summary>One configuration key, as a property of an options class declares it: the only place of its type, default and bounds.</summary>
/// <param name="Name">The key in .NET form, e.g. <c>channels:telegram:botToken</c>.</param>
/// <param name="ValueType">Of a list or a map, that of its elements.</param>
/// <param name="IsList">The values are at <c>{Name}:0</c>, <c>{Name}:1</c>, …, or in a map at names that somebody chooses; the rules are for each.</param>
/// <param name="Default">What the service takes where nothing is configured.</param>
public sealed record SettingKey(string Name, Type ValueType, bool IsList, bool IsSecret, object? Default, IReadOnlyList<ValidationAttribute> Rules)
{
    /// <summary>The bounds of a number; null = it has none.</summary>
    public RangeAttribute? Range => Rules.OfType<RangeAttribute>().FirstOrDefault();

    /// <summary>The key that it had before; whoever still uses that one is told the new name.</summary>
    public string? FormerName { get; private init; }

    /// <summary>Of a map: what its elements may be called.</summary>
    public ElementNamesAttribute? ElementNames { get; private init; }

    /// <summary>The secret that this key names the file of; null = it is a setting itself.</summary>
    public string? FileOf { get; private init; }

    /// <summary>The keys that the binder fills <paramref name="options"/> from: its properties with public setters, and theirs; and for each secret, the key of its file.</summary>
    public static IEnumerable<SettingKey> Of(object options, string section) =>
        options.GetType().GetProperties().Where(property => property.SetMethod is { IsPublic: true }).SelectMany(property => Of(options, section, property));

    /// <summary>Whether a configuration path is this key, or an element of it.</summary>
    public bool Matches(string path) =>
        path.Equals(Name, StringComparison.OrdinalIgnoreCase)
        || IsList && path.LastIndexOf(':') is > 0 and var end && path.AsSpan(0, end).Equals(Name, StringComparison.OrdinalIgnoreCase);

    /// <summary>Says what is wrong with a value, without repeating it; null when it is fine. A blank text counts as none.</summary>
    public string? ProblemOf(string text)
    {
        if (ValueType == typeof(string) && string.IsNullOrWhiteSpace(text))
            return null;
        if (text.Contains('\0', StringComparison.Ordinal))
            return "holds a NUL character, which neither a path nor an environment variable can hold";
        var value = Parse(text);
        return value is null ? Describe(Range) : Rules.FirstOrDefault(rule => !rule.IsValid(value)) is { } broken ? Describe(broken) : null;
    }

    private static IEnumerable<SettingKey> Of(object options, string section, PropertyInfo property)
    {
        var name = $"{section}:{JsonNamingPolicy.CamelCase.ConvertName(property.Name)}";
        var value = property.GetValue(options);
        var isMap = property.PropertyType == typeof(Dictionary<string, string>);
        var type = isMap ? typeof(string) : property.PropertyType.GetElementType() ?? property.PropertyType;
        if (value is not null && type.Assembly == options.GetType().Assembly)
            return Of(value, name);
        var key = new SettingKey(name, type, isMap || property.PropertyType.IsArray, property.IsDefined(typeof(SecretAttribute)), value, [.. property.GetCustomAttributes<ValidationAttribute>()])
        {
            FormerName = property.GetCustomAttribute<FormerNameAttribute>()?.Name,
            ElementNames = property.GetCustomAttribute<ElementNamesAttribute>(),
        };
        return key.IsSecret ? [key, new SettingKey($"{name}File", typeof(string), false, false, null, []) { FileOf = name }] : [key];
    }

    /// <summary>Null = it is no such value. At most what the configuration binder understands in the same way.</summary>
    private object? Parse(string text)
    {
        if (ValueType == typeof(string))
            return text;
        if (ValueType == typeof(int))
            return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
        if (ValueType == typeof(bool))
            return bool.TryParse(text, out var isTrue) ? isTrue : null;
        if (ValueType == typeof(double))
            return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
        throw new NotSupportedException($"{Name} is of a type that no setting has: {ValueType}");
    }

    private string Describe(ValidationAttribute? rule) => rule switch
    {
        null when ValueType == typeof(bool) => "must be true or false",
        null => "is no number",
        RangeAttribute { ErrorMessage: null } range => string.Create(CultureInfo.InvariantCulture, $"must be a {(ValueType == typeof(double) ? "" : "whole ")}number from {range.Minimum} to {range.Maximum}"),
        _ => rule.FormatErrorMessage(Name),
    };
}
