namespace Clawdex.ServiceDefaults.Redaction;

/// <summary>Stands in a log for an exception whose text holds a secret. Never thrown.</summary>
/// <param name="original">Only its type's name is kept.</param>
/// <param name="message">Without secrets.</param>
/// <param name="details">What the original's <c>ToString</c> says, without secrets.</param>
internal sealed class RedactedException(Exception original, string message, string details) : Exception($"{original.GetType().Name}: {message}")
{
    public override string StackTrace => details;

    public override string ToString() => details;
}
