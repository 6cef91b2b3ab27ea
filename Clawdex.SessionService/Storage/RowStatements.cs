using System.Data.Common;
using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Clawdex.SessionService.Storage;

/// <summary>
/// Inserts and updates one kind of row with two statements that the database parses once, for what each turn writes: Entity
/// Framework's own saving takes several times as long (decision 4). The columns are the model's.
/// </summary>
internal sealed class RowStatements<T>(SessionDbContext db) where T : class
{
    private readonly IEntityType _entity = db.Model.FindEntityType(typeof(T)) ?? throw new UnreachableException();

    // The value of each parameter, from the row and the row as it was.
    private readonly Dictionary<DbParameter, Func<T, T, object>> _values = [];

    private DbCommand Insertion => field ??= CreateInsertion();

    private DbCommand Change => field ??= CreateChange();

    /// <summary>Adds a row and answers its id.</summary>
    public async Task<long> InsertAsync(T row) =>
        await Bound(Insertion, row, row).ExecuteScalarAsync() is long id ? id : throw new UnreachableException();

    /// <summary>Writes a row that was read as <paramref name="earlier"/>.</summary>
    /// <exception cref="DbUpdateConcurrencyException">Another process changed the row since it was read.</exception>
    public async Task UpdateAsync(T row, T earlier)
    {
        if (await Bound(Change, row, earlier).ExecuteNonQueryAsync() != 1)
            throw new DbUpdateConcurrencyException("Another process changed the row since it was read.");
    }

    private DbCommand CreateInsertion()
    {
        var command = db.Database.GetDbConnection().CreateCommand();
        var columns = _entity.GetProperties().Where(property => !property.IsPrimaryKey() || property.ValueGenerated == ValueGenerated.Never).ToList();
        command.CommandText = $"INSERT INTO {_entity.GetTableName()} ({string.Join(", ", columns.Select(property => property.GetColumnName()))}) "
            + $"VALUES ({string.Join(", ", columns.Select(property => Bind(command, property)))}) RETURNING id";
        return command;
    }

    private DbCommand CreateChange()
    {
        var command = db.Database.GetDbConnection().CreateCommand();
        // What an index holds stays as it is in a turn; written again, each index would cost a page of the flush.
        var changed = _entity.GetProperties().Where(property => !property.IsPrimaryKey() && !property.IsIndex());
        var identity = _entity.GetProperties().Where(property => property.IsPrimaryKey() || property.IsConcurrencyToken);
        command.CommandText = $"UPDATE {_entity.GetTableName()} SET {string.Join(", ", changed.Select(property => $"{property.GetColumnName()} = {Bind(command, property)}"))} "
            + $"WHERE {string.Join(" AND ", identity.Select(property => $"{property.GetColumnName()} = {Bind(command, property, ofEarlier: true)}"))}";
        return command;
    }

    private string Bind(DbCommand command, IProperty property, bool ofEarlier = false)
    {
        var name = $"@{(ofEarlier ? "earlier_" : "")}{property.GetColumnName()}";
        var mapping = property.GetRelationalTypeMapping();
        var parameter = mapping.CreateParameter(command, name, null, property.IsNullable);
        command.Parameters.Add(parameter);
        _values.Add(parameter, (row, earlier) =>
        {
            var value = property.PropertyInfo?.GetValue(ofEarlier ? earlier : row);
            return (mapping.Converter is { } converter ? converter.ConvertToProvider(value) : value) ?? DBNull.Value;
        });
        return name;
    }

    private DbCommand Bound(DbCommand command, T row, T earlier)
    {
        foreach (DbParameter parameter in command.Parameters)
            parameter.Value = _values[parameter](row, earlier);
        return command;
    }
}
