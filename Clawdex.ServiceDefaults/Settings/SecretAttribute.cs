namespace Clawdex.ServiceDefaults.Settings;

/// <summary>The setting's value is never printed, and is handed to a service as a secret only.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SecretAttribute : Attribute;
