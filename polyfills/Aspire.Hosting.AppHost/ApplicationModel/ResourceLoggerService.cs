using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>One line that a resource wrote, numbered from 1 for each resource.</summary>
public readonly record struct LogLine(int LineNumber, string Content, bool IsErrorMessage);

/// <summary>Keeps what each resource wrote: its process' output and what the AppHost logged about it. The oldest lines go first.</summary>
public class ResourceLoggerService : IDisposable
{
    private const int BacklogLimit = 10_000;

    private readonly ConcurrentDictionary<string, ResourceLog> _logs = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Raised for every line, in order for one resource.</summary>
    internal event Action<string, LogLine>? LineWritten;

    public ILogger GetLogger(IResource resource) => GetLogger(resource.Name);

    public ILogger GetLogger(string resourceName) => new Writer(this, resourceName);

    /// <summary>What there is, then what comes, until the application ends.</summary>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(IResource resource) => WatchAsync(resource.Name);

    /// <inheritdoc cref="WatchAsync(IResource)"/>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(string resourceName) => Log(resourceName).WatchAsync();

    public void Dispose()
    {
        foreach (var log in _logs.Values)
            log.Complete();
        GC.SuppressFinalize(this);
    }

    internal void Write(string resourceName, string content, bool isError)
    {
        var line = Log(resourceName).Add(content, isError);
        LineWritten?.Invoke(resourceName, line);
    }

    internal IReadOnlyList<LogLine> Last(string resourceName, int count) => Log(resourceName).Last(count);

    private ResourceLog Log(string resourceName) => _logs.GetOrAdd(resourceName, static _ => new ResourceLog());

    private sealed class ResourceLog
    {
        private readonly Lock _gate = new();
        private readonly Queue<LogLine> _backlog = new();
        private readonly List<Channel<LogLine>> _watchers = [];
        private int _count;
        private bool _complete;

        public LogLine Add(string content, bool isError)
        {
            lock (_gate)
            {
                var line = new LogLine(++_count, content, isError);
                _backlog.Enqueue(line);
                if (_backlog.Count > BacklogLimit)
                    _backlog.Dequeue();
                _watchers.ForEach(watcher => watcher.Writer.TryWrite(line));
                return line;
            }
        }

        public IReadOnlyList<LogLine> Last(int count)
        {
            lock (_gate)
                return [.. _backlog.TakeLast(count)];
        }

        public void Complete()
        {
            lock (_gate)
            {
                _complete = true;
                _watchers.ForEach(watcher => watcher.Writer.TryComplete());
            }
        }

        public async IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            var channel = Channel.CreateBounded<LogLine>(new BoundedChannelOptions(BacklogLimit) { FullMode = BoundedChannelFullMode.DropOldest });
            lock (_gate)
            {
                foreach (var line in _backlog)
                    channel.Writer.TryWrite(line);
                if (_complete)
                    channel.Writer.TryComplete();
                _watchers.Add(channel);
            }

            try
            {
                while (await channel.Reader.WaitToReadAsync(cancellationToken))
                {
                    List<LogLine> lines = [];
                    while (channel.Reader.TryRead(out var line))
                        lines.Add(line);
                    yield return lines;
                }
            }
            finally
            {
                lock (_gate)
                    _watchers.Remove(channel);
            }
        }
    }

    /// <summary>Writes into a resource's log what the AppHost's code logs about the resource.</summary>
    private sealed class Writer(ResourceLoggerService owner, string resourceName) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                owner.Write(resourceName, exception is null ? formatter(state, null) : $"{formatter(state, exception)} {exception}", logLevel >= LogLevel.Error);
        }
    }
}
