using System.Diagnostics.CodeAnalysis;

namespace Clawdex.SessionService.Model;

/// <summary>Why an operation is not done although nothing is broken.</summary>
internal enum RefusalKind
{
    /// <summary>The turn or session does not exist.</summary>
    NotFound,

    /// <summary>It exists, but its state does not allow the operation.</summary>
    NotAllowed,

    /// <summary>The turn is another gateway's.</summary>
    NotOwner,
}

/// <summary>An expected "no", with a sentence for the caller's log that holds no text from a user.</summary>
internal sealed record Refusal(RefusalKind Kind, string Reason);

/// <summary>A result or the reason why there is none.</summary>
internal readonly struct Outcome<T>
{
    private readonly T? _value;
    private readonly Refusal? _refusal;

    private Outcome(T? value, Refusal? refusal) => (_value, _refusal) = (value, refusal);

    public static implicit operator Outcome<T>(T value) => new(value, null);

    public static implicit operator Outcome<T>(Refusal refusal) => new(default, refusal);

    /// <summary>True with the result, or false with the reason.</summary>
    public bool TryGet([MaybeNullWhen(false)] out T value, [NotNullWhen(false)] out Refusal? refusal)
    {
        value = _value;
        refusal = _refusal;
        return refusal is null;
    }
}
