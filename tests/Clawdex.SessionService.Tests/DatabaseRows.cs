using System.Data.Common;
using System.Globalization;

namespace Clawdex.SessionService.Tests;

/// <summary>Rows as text, so that a test can compare what is stored without a type for it.</summary>
internal static class DatabaseRows
{
    /// <summary>Columns joined by <c>|</c>, arrays as JSON.</summary>
    public static IReadOnlyList<string> Rows(this DbConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        List<string> rows = [];
        while (reader.Read())
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(column => TextOf(reader.GetValue(column)))));
        return rows;
    }

    private static string TextOf(object value) => value switch
    {
        Array items => $"[{string.Join(',', items.Cast<object>())}]",
        DateTime day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        _ => $"{value}",
    };
}
