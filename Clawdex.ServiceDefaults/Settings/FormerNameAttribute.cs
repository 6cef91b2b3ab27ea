namespace Clawdex.ServiceDefaults.Settings;

/// <summary>The key that a setting had in an earlier version. It is refused, because a value that is silently ignored helps nobody.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class FormerNameAttribute(string name) : Attribute
{
    public string Name => name;
}
