using System.Globalization;
using Clawdex.SessionService.Model;
using Clawdex.SessionService.Storage.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Clawdex.SessionService.Storage.Postgres;

/// <summary>
/// Takes a SQLite database into an empty PostgreSQL one: all of it, compared row by row before it is committed, or nothing. It
/// only reads the file, and needs no service to be stopped that works on another one.
/// </summary>
internal sealed class SqliteImport(IServiceScopeFactory scopes, IDatabaseOpening opening)
{
    /// <summary>Rows of one round trip.</summary>
    private const int BatchSize = 1000;

    private const string GoOnBehind = """
        SELECT
            setval(pg_get_serial_sequence('sessions', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM sessions), false),
            setval(pg_get_serial_sequence('turns', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM turns), false),
            setval(pg_get_serial_sequence('compactions', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM compactions), false)
        """;

    /// <returns>What was done.</returns>
    /// <exception cref="IOException">Nothing was done, and the message says why.</exception>
    public async Task<string> RunAsync(string file, TextWriter progress, CancellationToken cancellationToken)
    {
        if (new FileInfo(file) is { Exists: false } or { Length: 0 })
            throw new IOException($"There is no database {file}.");
        if (DatabaseInspection.ProblemOf(new FileInfo(file)) is { } problem)
            throw new IOException(problem);
        using (var connection = DatabaseFile.OpenForReading(file))
        {
            if (DatabaseInspection.PendingMigrations(connection) > 0)
                throw new IOException($"{file} was written by an older version of Clawdex. Start the session service of this version on it once, then import it.");
        }

        if (!await opening.RunAsync(cancellationToken))
            throw new IOException("The PostgreSQL database cannot be used; the line above says why.");

        await using var source = OpenSource(file);
        await using var scope = scopes.CreateAsyncScope();
        var target = scope.ServiceProvider.GetRequiredService<SessionDbContext>();
        target.ChangeTracker.AutoDetectChangesEnabled = false;
        target.Database.AutoSavepointsEnabled = false;
        // To sort millions of rows, which are compared in their order, takes longer than a statement of a turn may.
        target.Database.SetCommandTimeout(0);
        await using var snapshot = await source.Database.BeginTransactionAsync(cancellationToken);
        await using var transaction = await target.Database.BeginTransactionAsync(cancellationToken);
        // It may be read, and told of, as slowly as it likes.
        await target.Database.ExecuteSqlRawAsync("SET LOCAL idle_in_transaction_session_timeout = 0", cancellationToken);
        if (await target.Sessions.AnyAsync(cancellationToken) || await target.People.AnyAsync(cancellationToken))
            throw new IOException("The PostgreSQL database is not empty. Nothing was imported.");

        var rows = await CopyAsync(db => db.Sessions, all => all.OrderBy(row => row.Id))
            + await CopyAsync(db => db.Turns, all => all.OrderBy(row => row.Id))
            + await CopyAsync(db => db.Messages, all => all.OrderBy(row => row.Id))
            + await CopyAsync(db => db.Compactions, all => all.OrderBy(row => row.Id))
            + await CopyAsync(db => db.People, all => all.OrderBy(row => row.UserId))
            + await CopyAsync(db => db.Usage, all => all.OrderBy(row => row.UserId).ThenBy(row => row.Day));
        await target.Database.ExecuteSqlRawAsync(GoOnBehind, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return string.Create(CultureInfo.InvariantCulture, $"Imported {file}: {rows} rows, compared one by one.");

        // By the whole key: rows that an order leaves equal come as each database likes, and would not compare.
        Task<long> CopyAsync<T>(Func<SessionDbContext, DbSet<T>> table, Func<IQueryable<T>, IQueryable<T>> byKey) where T : class =>
            CopyTableAsync(byKey(table(source).AsNoTracking()), target, table(target), byKey(table(target).AsNoTracking()), progress, cancellationToken);
    }

    private static SessionDbContext OpenSource(string file) => new(
        new DbContextOptionsBuilder<SessionDbContext>().UseSqlite($"Data Source={file};Mode=ReadOnly;Pooling=False").Options);

    private static async Task<long> CopyTableAsync<T>(
        IQueryable<T> source, SessionDbContext target, DbSet<T> table, IQueryable<T> copied, TextWriter progress, CancellationToken cancellationToken)
        where T : class
    {
        var count = 0L;
        await foreach (var batch in source.AsAsyncEnumerable().Chunk(BatchSize).WithCancellation(cancellationToken))
        {
            table.AddRange(batch);
            RemoveNulls(target);
            await target.SaveChangesAsync(cancellationToken);
            target.ChangeTracker.Clear();
            count += batch.Length;
            if (count % (BatchSize * 20) == 0)
                await progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{table.EntityType.GetTableName()}: {count} rows"));
        }

        await using var copies = copied.AsAsyncEnumerable().GetAsyncEnumerator(cancellationToken);
        await foreach (var row in source.AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            if (!await copies.MoveNextAsync() || Comparable(row) != Comparable(copies.Current))
                throw new IOException($"A row of {table.EntityType.GetTableName()} did not arrive as it is. Nothing was imported.");
        }

        await progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{table.EntityType.GetTableName()}: {count} rows, compared"));
        return count;
    }

    /// <summary>PostgreSQL's texts cannot hold U+0000, which earlier versions stored.</summary>
    private static void RemoveNulls(SessionDbContext target)
    {
        foreach (var value in target.ChangeTracker.Entries().SelectMany(entry => entry.Properties))
        {
            if (value.CurrentValue is string text && text.Contains('\0', StringComparison.Ordinal))
                value.CurrentValue = WithoutNulls(text);
        }
    }

    /// <summary>A record prints all that it holds, but of an array only its name.</summary>
    private static string Comparable(object row) => WithoutNulls(row is Turn turn ? $"{turn} {string.Join(',', turn.ReplyMessageIds)}" : $"{row}");

    private static string WithoutNulls(string text) => text.Replace("\0", "", StringComparison.Ordinal);
}
