using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A text with holes that are filled when the application runs: <c>$"{endpoint}/path?key={parameter}"</c>.</summary>
public class ReferenceExpression : IExpressionValue, IValueWithReferences
{
    public static readonly ReferenceExpression Empty = new("", []);

    private readonly IReadOnlyList<(IValueProvider Value, string Expression)> _holes;

    private ReferenceExpression(string format, IReadOnlyList<(IValueProvider Value, string Expression)> holes)
    {
        Format = format;
        _holes = holes;
    }

    /// <summary>A composite format string with one item for each of <see cref="ValueProviders"/>.</summary>
    public string Format { get; }

    public IReadOnlyList<IValueProvider> ValueProviders => [.. _holes.Select(hole => hole.Value)];

    public IReadOnlyList<string> ManifestExpressions => [.. _holes.Select(hole => hole.Expression)];

    public string ValueExpression => Fill(ManifestExpressions);

    IEnumerable<object> IValueWithReferences.References => ValueProviders;

    public static ReferenceExpression Create(in ExpressionInterpolatedStringHandler handler) => handler.Build();

    public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken)
    {
        List<string?> values = [];
        foreach (var (value, _) in _holes)
            values.Add(await value.GetValueAsync(cancellationToken));
        return Fill(values);
    }

    private string Fill(IReadOnlyList<string?> values) => string.Format(CultureInfo.InvariantCulture, Format, [.. values]);

    /// <summary>What the compiler makes of an interpolated string.</summary>
    [InterpolatedStringHandler]
    public ref struct ExpressionInterpolatedStringHandler(int literalLength, int formattedCount)
    {
        private readonly StringBuilder _format = new(literalLength + (formattedCount * 4));
        private readonly List<(IValueProvider Value, string Expression)> _holes = new(formattedCount);

        public readonly void AppendLiteral(string value) =>
            _format.Append(value.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal));

        public readonly void AppendFormatted(string? value)
        {
            if (value is not null)
                AppendLiteral(value);
        }

        public void AppendFormatted<T>(T valueProvider) where T : IValueProvider, IManifestExpressionProvider
        {
            _format.Append(CultureInfo.InvariantCulture, $"{{{_holes.Count}}}");
            _holes.Add((valueProvider, valueProvider.ValueExpression));
        }

        public void AppendFormatted<T>(IResourceBuilder<T> valueProvider) where T : IResource, IValueProvider, IManifestExpressionProvider =>
            AppendFormatted(valueProvider.Resource);

        internal readonly ReferenceExpression Build() => new(_format.ToString(), [.. _holes]);
    }
}
