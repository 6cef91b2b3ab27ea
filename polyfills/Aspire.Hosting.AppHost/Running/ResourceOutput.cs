using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Running;

/// <summary>Shows what the resources write: on the AppHost's console with each line's resource, or in the AppHost's log in a test.</summary>
internal sealed class ResourceOutput(
    ResourceLoggerService loggers, DistributedApplicationModel model, DistributedApplicationOptions options, ILoggerFactory factory, IHostEnvironment environment) : IDisposable
{
    private readonly Lock _gate = new();
    private int _width;

    public void Begin()
    {
        _width = model.Resources.OfType<ProjectResource>().Select(resource => resource.Name.Length).DefaultIfEmpty().Max();
        loggers.LineWritten += options.EnableResourceLogging ? Log : Print;
    }

    public void Dispose()
    {
        loggers.LineWritten -= Log;
        loggers.LineWritten -= Print;
    }

    private void Print(string resource, LogLine line)
    {
        // One writer at a time: a child's line is never cut in two by another's.
        lock (_gate)
            Console.Out.WriteLine($"{resource.PadRight(_width)} | {line.Content}");
    }

    private void Log(string resource, LogLine line) => factory.CreateLogger($"{environment.ApplicationName}.Resources.{resource}")
        .Log(line.IsErrorMessage ? LogLevel.Error : LogLevel.Information, "{LineNumber}: {LineContent}", line.LineNumber, line.Content);
}
