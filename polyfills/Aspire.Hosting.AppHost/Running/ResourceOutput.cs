using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Running;

/// <summary>
/// Shows what the resources write: on the AppHost's console with each line's resource, or in the AppHost's log in a test. It
/// keeps the last lines of each.
/// </summary>
internal sealed class ResourceOutput(
    DistributedApplicationModel model, DistributedApplicationOptions options, ILoggerFactory factory, IHostEnvironment environment)
{
    private const int KeptLines = 20;

    private readonly Lock _gate = new();
    private readonly bool _colors = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null;
    private readonly Dictionary<string, Queue<string>> _last = [];
    private List<string> _names = [];
    private int _width;

    public void Begin()
    {
        _names = [.. model.Resources.OfType<ProjectResource>().Select(resource => resource.Name)];
        _width = _names.Select(name => name.Length).DefaultIfEmpty().Max();
    }

    public void Write(string resource, string line, bool isError)
    {
        // One writer at a time: a child's line is never cut in two by another's.
        lock (_gate)
        {
            var last = _last.TryGetValue(resource, out var known) ? known : _last[resource] = new Queue<string>();
            last.Enqueue(line);
            if (last.Count > KeptLines)
                last.Dequeue();

            if (options.RunsInTest)
                Log(resource, line, isError);
            else
                Print(resource, line);
        }
    }

    public IReadOnlyList<string> LastLines(string resource)
    {
        lock (_gate)
            return _last.TryGetValue(resource, out var last) ? [.. last] : [];
    }

    private void Print(string resource, string line)
    {
        // ANSI colours 36, 35, 34 …: cyan, magenta, blue, yellow, green.
        var name = resource.PadRight(_width);
        if (_colors)
            name = $"\e[{36 - Math.Max(_names.IndexOf(resource), 0) % 5}m{name}\e[0m";
        Console.Out.WriteLine($"{name} | {line}");
    }

    private void Log(string resource, string line, bool isError) => factory.CreateLogger($"{environment.ApplicationName}.Resources.{resource}")
        .Log(isError ? LogLevel.Error : LogLevel.Information, "{LineContent}", line);
}
