using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Clawdex.SessionService.Tests;

/// <summary>
/// Sees the queries that Entity Framework sends to one database, without quotes around names. Create it before the service: Entity Framework remembers
/// for a second that nobody listens.
/// </summary>
internal sealed class QueryObserver : IDisposable, IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
{
    private readonly ConcurrentQueue<string> _queries = [];
    private readonly ConcurrentBag<IDisposable> _subscriptions = [];
    private readonly string _databasePath;

    public QueryObserver(string databasePath)
    {
        _databasePath = databasePath;
        _subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(this));
    }

    public IReadOnlyCollection<string> Queries => _queries;

    public int CountOf(string part) => _queries.Count(query => query.Contains(part, StringComparison.Ordinal));

    public void OnNext(DiagnosticListener value)
    {
        if (value.Name == DbLoggerCategory.Name)
            _subscriptions.Add(value.Subscribe(this));
    }

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Value is CommandExecutedEventData { Connection: { } connection } executed && TestDatabase.IsOf(connection, _databasePath))
            _queries.Enqueue(executed.Command.CommandText.Replace("\"", "", StringComparison.Ordinal));
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    public void Dispose()
    {
        foreach (var subscription in _subscriptions)
            subscription.Dispose();
    }
}
