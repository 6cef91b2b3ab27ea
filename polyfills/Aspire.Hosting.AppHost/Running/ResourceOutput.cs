using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Running;

/// <summary>Shows what the resources write: on the AppHost's console with each line's resource, or in the AppHost's log in a test.</summary>
internal sealed class ResourceOutput(
    ResourceLoggerService loggers, DistributedApplicationModel model, DistributedApplicationOptions options, ILoggerFactory factory, IHostEnvironment environment) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly bool _colors = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null;
    private List<string> _names = [];
    private int _width;

    public void Begin()
    {
        _names = [.. model.Resources.OfType<ProjectResource>().Select(resource => resource.Name)];
        _width = _names.Select(name => name.Length).DefaultIfEmpty().Max();
        loggers.LineWritten += options.EnableResourceLogging ? Log : Print;
    }

    public void Dispose()
    {
        loggers.LineWritten -= Log;
        loggers.LineWritten -= Print;
    }

    private void Print(string resource, LogLine line)
    {
        // ANSI colours 36, 35, 34 …: cyan, magenta, blue, yellow, green.
        var name = resource.PadRight(_width);
        if (_colors)
            name = $"\e[{36 - Math.Max(_names.IndexOf(resource), 0) % 5}m{name}\e[0m";

        // One writer at a time: a child's line is never cut in two by another's.
        lock (_gate)
            Console.Out.WriteLine($"{name} | {line.Content}");
    }

    private void Log(string resource, LogLine line) => factory.CreateLogger($"{environment.ApplicationName}.Resources.{resource}")
        .Log(line.IsErrorMessage ? LogLevel.Error : LogLevel.Information, "{LineNumber}: {LineContent}", line.LineNumber, line.Content);
}
