using System.ComponentModel.DataAnnotations;

namespace Clawdex.LlmService;

/// <summary>A text that some model can be called by; which one it is, the model resolver says.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ModelNameAttribute() : ValidationAttribute("must name a model, such as openai/gpt-4o, without blanks")
{
    /// <summary>Characters; the longest ids in OpenRouter's catalogue have about 70.</summary>
    private const int MaxLength = 200;

    public static bool IsName(string text) =>
        text.Length is > 0 and <= MaxLength
        && !text.Any(letter => char.IsControl(letter) || char.IsWhiteSpace(letter) || char.IsSurrogate(letter))
        && !text.Equals("gemini/", StringComparison.OrdinalIgnoreCase);

    public override bool IsValid(object? value) => value is string name && IsName(name.Trim());
}
