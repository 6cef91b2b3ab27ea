using System.ComponentModel.DataAnnotations;

namespace Clawdex.LlmService.Models;

/// <summary>A model string that <see cref="ModelResolver"/> finds a provider for.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ModelNameAttribute() : ValidationAttribute("must name a model, such as openai/gpt-4o, without blanks")
{
    public override bool IsValid(object? value) => value is string name && ModelResolver.TryResolve(name, out _);
}
