using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Clawdex.ServiceDefaults.Settings;

/// <summary>What somebody may call the values of a map of settings, such as the aliases of models.</summary>
/// <param name="pattern">Of a whole name, whatever its case.</param>
/// <param name="problem">What a name is not that does not match.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ElementNamesAttribute([StringSyntax(StringSyntaxAttribute.Regex)] string pattern, string problem) : Attribute
{
    /// <summary>Null = nothing is wrong.</summary>
    public string? ProblemOf(string name) => Regex.IsMatch(name, $@"\A(?:{pattern})\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant) ? null : problem;
}
