namespace Clawdex.ServiceDefaults.Settings;

/// <summary>The setting's value is never printed, is handed to a service as a secret only, never on a command line, and may stand in a file (<see cref="SecretFiles"/>).</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SecretAttribute : Attribute;
