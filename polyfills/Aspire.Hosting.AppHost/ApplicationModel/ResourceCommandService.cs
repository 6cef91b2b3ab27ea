using Aspire.Hosting.Running;

namespace Aspire.Hosting.ApplicationModel;

public static class KnownResourceCommands
{
    public static readonly string StartCommand = "start";
    public static readonly string StopCommand = "stop";
    public static readonly string RestartCommand = "restart";
}

/// <summary>How a command ended.</summary>
public sealed class ExecuteCommandResult
{
    public required bool Success { get; init; }

    public string? Message { get; init; }
}

/// <summary>Starts, stops and restarts resources by command.</summary>
public class ResourceCommandService
{
    private readonly ApplicationRunner _runner;
    private readonly DistributedApplicationModel _model;

    internal ResourceCommandService(ApplicationRunner runner, DistributedApplicationModel model)
    {
        _runner = runner;
        _model = model;
    }

    public async Task<ExecuteCommandResult> ExecuteCommandAsync(string resourceId, string commandName, CancellationToken cancellationToken = default)
    {
        if (!_model.Resources.TryGetByName(resourceId, out var resource))
            return Failure($"Resource '{resourceId}' not found.");
        if (_runner.Find(resource) is not { } project)
            return Failure($"Resource '{resource.Name}' has no command '{commandName}'.");

        try
        {
            switch (commandName)
            {
                case "start":
                    await project.StartAsync(cancellationToken);
                    break;
                case "stop":
                    await project.StopAsync(cancellationToken);
                    break;
                case "restart":
                    await project.StopAsync(cancellationToken);
                    await project.StartAsync(cancellationToken);
                    break;
                default:
                    return Failure($"Command '{commandName}' not available for resource '{resource.Name}'.");
            }

            return new ExecuteCommandResult { Success = true };
        }
        catch (Exception exception) when (exception is OperationCanceledException or DistributedApplicationException)
        {
            return Failure(exception.Message);
        }
    }

    private static ExecuteCommandResult Failure(string message) => new() { Success = false, Message = message };
}
