using System.Data.Common;
using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Clawdex.SessionService.Storage;

/// <summary>
/// Inserts and updates one kind of row with two statements that the database parses once, for what each turn writes: Entity
/// Framework's own saving takes several times as long (decision 4). The columns are the model's.
/// </summary>
internal sealed class RowStatements<T> where T : class
{
    private readonly DbCommand _insert;
    private readonly DbCommand _update;

    // What each parameter is bound to: a property of the row, or of the row as it was.
    private readonly Dictionary<DbParameter, (IProperty Property, bool OfEarlier)> _bindings = [];

    public RowStatements(SessionDbContext db)
    {
        var entity = db.Model.FindEntityType(typeof(T)) ?? throw new UnreachableException();
        var all = entity.GetProperties().ToList();
        var inserted = all.Where(property => !property.IsPrimaryKey() || property.ValueGenerated == ValueGenerated.Never).ToList();
        var identity = all.Where(property => property.IsPrimaryKey() || property.IsConcurrencyToken).ToList();
        // What an index holds stays as it is in a turn; written again, each index would cost a page of the flush.
        var changed = all.Where(property => !property.IsPrimaryKey() && !property.IsIndex()).ToList();

        (_insert, _update) = (db.Database.GetDbConnection().CreateCommand(), db.Database.GetDbConnection().CreateCommand());
        _insert.CommandText = $"INSERT INTO {entity.GetTableName()} ({string.Join(", ", inserted.Select(property => property.GetColumnName()))}) "
            + $"VALUES ({string.Join(", ", inserted.Select(property => Bind(_insert, property)))}) RETURNING id";
        _update.CommandText = $"UPDATE {entity.GetTableName()} SET {string.Join(", ", changed.Select(property => $"{property.GetColumnName()} = {Bind(_update, property)}"))} "
            + $"WHERE {string.Join(" AND ", identity.Select(property => $"{property.GetColumnName()} = {Bind(_update, property, ofEarlier: true)}"))}";
    }

    /// <summary>Adds a row and answers its id.</summary>
    public async Task<long> InsertAsync(T row) =>
        await Bound(_insert, row, row).ExecuteScalarAsync() is long id ? id : throw new UnreachableException();

    /// <summary>Writes a row that was read as <paramref name="earlier"/>.</summary>
    /// <exception cref="DbUpdateConcurrencyException">Another process changed the row since it was read.</exception>
    public async Task UpdateAsync(T row, T earlier)
    {
        if (await Bound(_update, row, earlier).ExecuteNonQueryAsync() != 1)
            throw new DbUpdateConcurrencyException("Another process changed the row since it was read.");
    }

    private string Bind(DbCommand command, IProperty property, bool ofEarlier = false)
    {
        var name = $"@{(ofEarlier ? "earlier_" : "")}{property.GetColumnName()}";
        var parameter = property.GetRelationalTypeMapping().CreateParameter(command, name, null, property.IsNullable);
        command.Parameters.Add(parameter);
        _bindings.Add(parameter, (property, ofEarlier));
        return name;
    }

    private DbCommand Bound(DbCommand command, T row, T earlier)
    {
        foreach (DbParameter parameter in command.Parameters)
        {
            var (property, ofEarlier) = _bindings[parameter];
            var value = property.PropertyInfo?.GetValue(ofEarlier ? earlier : row);
            parameter.Value = property.GetRelationalTypeMapping().Converter is { } converter ? converter.ConvertToProvider(value) : value;
            parameter.Value ??= DBNull.Value;
        }

        return command;
    }
}
