using System.Runtime.CompilerServices;
using Xunit;

namespace Clawdex.Testing;

/// <summary>
/// A test that needs a tool from outside .NET. Where the tool is missing the test is skipped with the reason, except on CI
/// (<c>CI=true</c>), where it runs and fails: <c>.ci/run</c> installs all of them.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresToolFactAttribute : FactAttribute
{
    public RequiresToolFactAttribute(
        string tool,
        [CallerFilePath] string? sourceFilePath = null,
        [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber)
    {
        Tool = tool;
        if (ExternalTool.Missing(tool) is { } reason && Environment.GetEnvironmentVariable("CI") != "true")
            Skip = reason;
    }

    /// <summary>One of the names in <see cref="ExternalTool"/>.</summary>
    public string Tool { get; }
}
