using System.Globalization;
using System.Text;

namespace Clawdex.WholeSystem.Bench;

/// <summary>What was measured, as a table for bench/README.md, and what was found wrong on the way.</summary>
internal sealed class Report
{
    private readonly StringBuilder _table = new("| | measured | goal | bare path, same run | ratio |\n|---|--:|--:|--:|--:|\n");

    public List<string> Failures { get; } = [];

    /// <summary>A row; what is null stays empty.</summary>
    /// <param name="unit">Behind each number, with its space.</param>
    public void Add(string what, double measured, string unit, string? goal = null, double? bare = null)
    {
        var line = string.Create(CultureInfo.InvariantCulture,
            $"| {what} | {Number(measured)}{unit} | {goal} | {Number(bare)}{(bare is null ? "" : unit)} | {(bare is > 0 ? (measured / bare.Value).ToString("0.0#", CultureInfo.InvariantCulture) : "")} |");
        _table.Append(line).Append('\n');
        Console.WriteLine(line);
    }

    public void Check(bool holds, string problem)
    {
        if (!holds)
            Failures.Add(problem);
    }

    public override string ToString() => _table.ToString();

    private static string Number(double? value) => value switch
    {
        null => "",
        >= 100 => value.Value.ToString("N0", CultureInfo.InvariantCulture),
        >= 10 => value.Value.ToString("F1", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("F2", CultureInfo.InvariantCulture),
    };
}
