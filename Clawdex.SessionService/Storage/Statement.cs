using Microsoft.Data.Sqlite;

namespace Clawdex.SessionService.Storage;

/// <summary>
/// A statement that SQLite parses once and the writer runs often. Parameters are positional: <c>$1</c>, <c>$2</c>, … Not safe
/// for use by several threads.
/// </summary>
internal sealed class Statement : IDisposable
{
    private readonly SqliteCommand _command;

    public Statement(SqliteConnection connection, string sql)
    {
        _command = connection.CreateCommand();
        _command.CommandText = sql;
        while (sql.Contains(FormattableString.Invariant($"${_command.Parameters.Count + 1}"), StringComparison.Ordinal))
            _command.Parameters.Add(new SqliteParameter { ParameterName = FormattableString.Invariant($"${_command.Parameters.Count + 1}") });
    }

    public string Sql => _command.CommandText;

    /// <summary>Runs the statement and answers how many rows it changed.</summary>
    public int Execute(params ReadOnlySpan<object?> values)
    {
        Bind(values);
        return _command.ExecuteNonQuery();
    }

    /// <summary>The first column of the first row.</summary>
    public long Scalar(params ReadOnlySpan<object?> values)
    {
        Bind(values);
        return _command.ExecuteScalar() is long value ? value : throw new InvalidDataException("The statement answered no number.");
    }

    /// <summary>The first row, or null.</summary>
    public T? First<T>(Func<SqliteDataReader, T> read, params ReadOnlySpan<object?> values) where T : class
    {
        Bind(values);
        using var reader = _command.ExecuteReader();
        return reader.Read() ? read(reader) : null;
    }

    /// <summary>All rows, in order.</summary>
    public List<T> All<T>(Func<SqliteDataReader, T> read, params ReadOnlySpan<object?> values)
    {
        Bind(values);
        using var reader = _command.ExecuteReader();
        List<T> rows = [];
        while (reader.Read())
            rows.Add(read(reader));
        return rows;
    }

    public void Dispose() => _command.Dispose();

    private void Bind(ReadOnlySpan<object?> values)
    {
        for (var i = 0; i < values.Length; i++)
            _command.Parameters[i].Value = values[i] ?? DBNull.Value;
    }
}
