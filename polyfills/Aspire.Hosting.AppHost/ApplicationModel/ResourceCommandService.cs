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

    public bool Canceled { get; init; }

    public string? Message { get; init; }
}

public static class CommandResults
{
    public static ExecuteCommandResult Success() => new() { Success = true };

    public static ExecuteCommandResult Failure(string? errorMessage = null) => new() { Success = false, Message = errorMessage };

    public static ExecuteCommandResult Failure(Exception exception) => Failure(exception.Message);

    public static ExecuteCommandResult Canceled() => new() { Success = false, Canceled = true };
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

    public Task<ExecuteCommandResult> ExecuteCommandAsync(string resourceId, string commandName, CancellationToken cancellationToken = default) =>
        _model.Resources.TryGetByName(resourceId, out var resource)
            ? ExecuteCommandAsync(resource, commandName, cancellationToken)
            : Task.FromResult(CommandResults.Failure($"Resource '{resourceId}' not found."));

    public async Task<ExecuteCommandResult> ExecuteCommandAsync(IResource resource, string commandName, CancellationToken cancellationToken = default)
    {
        if (_runner.Find(resource) is not { } project)
            return CommandResults.Failure($"Resource '{resource.Name}' has no command '{commandName}'.");

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
                    return CommandResults.Failure($"Command '{commandName}' not available for resource '{resource.Name}'.");
            }

            return CommandResults.Success();
        }
        catch (OperationCanceledException)
        {
            return CommandResults.Canceled();
        }
        catch (DistributedApplicationException exception)
        {
            return CommandResults.Failure(exception);
        }
    }
}
