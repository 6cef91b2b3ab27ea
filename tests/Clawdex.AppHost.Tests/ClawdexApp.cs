using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Clawdex.LlmEmulator;
using Clawdex.TelegramEmulator;
using Clawdex.TelegramEmulator.Control;
using Clawdex.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Clawdex.AppHost.Tests;

/// <summary>
/// The whole system under test: the real AppHost with its three services, pointed by an ordinary config file to a Bot API server
/// and a model server that run in the test's own process.
/// </summary>
internal sealed class ClawdexApp : IAsyncDisposable
{
    /// <summary>For one step of a test; far more than a busy machine needs.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static readonly IReadOnlyList<string> Services = ["session", "llm", "gateway"];

    private const string Database = "clawdex";

    private readonly TemporaryDirectory _folder;
    private readonly ClawdexAppOptions _options;

    private ClawdexApp(
        TemporaryDirectory folder, ClawdexAppOptions options, TelegramEmulatorHost telegram, LlmEmulatorHost models, DistributedApplication app)
    {
        (_folder, _options) = (folder, options);
        Telegram = telegram;
        Models = models;
        Application = app;
    }

    public TelegramEmulatorHost Telegram { get; }

    public LlmEmulatorHost Models { get; }

    public DistributedApplication Application { get; private set; }

    /// <summary>The three services as processes of the operating system.</summary>
    public ServiceProcesses Processes => new(_folder.FullPath);

    /// <summary>Where the session service keeps its database.</summary>
    public string DataDirectory => _folder["data"];

    /// <summary>What the session service has stored.</summary>
    public StoredTurns Turns => _options.Postgres is { } server ? StoredTurns.OnServer(server.ConnectionStringOf(Database)) : StoredTurns.InFile(_folder["data/clawdex.db"]);

    /// <summary>Starts everything and waits until all three services are healthy.</summary>
    public static Task<ClawdexApp> StartAsync(CancellationToken cancellationToken) => StartAsync(new ClawdexAppOptions(), cancellationToken);

    /// <summary>Starts everything and waits until all three services are healthy.</summary>
    public static async Task<ClawdexApp> StartAsync(ClawdexAppOptions options, CancellationToken cancellationToken)
    {
        var folder = new TemporaryDirectory();
        var telegram = await TelegramEmulatorHost.StartAsync(options.Telegram, null, cancellationToken);
        var models = await LlmEmulatorHost.StartAsync(cancellationToken: cancellationToken);
        File.WriteAllText(folder["config.json"], $$"""
            {
              "agent": { "limits": { "tokensPerDay": 0, "answersAtOnce": 64 } },
              "gemini": { "apiKey": "{{options.GeminiKey}}", "baseUrl": "{{models.GeminiBaseUrl}}" },
              "openrouter": { "apiKey": "{{options.OpenRouterKey}}", "baseUrl": "{{models.OpenRouterBaseUrl}}" },
              "channels": { "telegram": { "botToken": "{{telegram.Token}}", "apiBaseUrl": "{{telegram.BaseAddress.GetLeftPart(UriPartial.Authority)}}", "everyoneIsOwner": true } },
              "sessions": { "dataDirectory": "{{folder["data"]}}" },
              {{(options.Postgres is { } server ? $$"""
              "ConnectionStrings": { "sessions": "{{server.ConnectionStringOf(Database)}}" },
              """ : "")}}
            }
            """);
        return new ClawdexApp(folder, options, telegram, models, await StartApplicationAsync(folder, options, cancellationToken));
    }

    /// <summary>Ends the whole system and starts it again on the same data; Telegram and the models stay.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        await Application.DisposeAsync();
        Application = await StartApplicationAsync(_folder, _options, cancellationToken);
    }

    /// <summary>Restarts one service, as the dashboard's button does, and waits until it is healthy again.</summary>
    public async Task RestartAsync(string service, CancellationToken cancellationToken)
    {
        var result = await Application.ResourceCommands.ExecuteCommandAsync(service, KnownResourceCommands.RestartCommand, cancellationToken);
        Assert.True(result.Success, result.Message);
        await HealthyAgainAsync(service, cancellationToken);
    }

    /// <summary>SIGKILL: no handler runs, nothing is flushed, nobody is told. Returns when the orchestrator knows of it.</summary>
    public async Task KillAsync(string service, CancellationToken cancellationToken)
    {
        await Processes.KillAsync(service, Patience, cancellationToken);
        await Application.ResourceNotifications.WaitForResourceAsync(service, KnownResourceStates.TerminalStates, cancellationToken).WaitAsync(Patience, cancellationToken);
    }

    /// <summary>Starts a service that has ended, and returns when its process runs, healthy or not.</summary>
    public async Task ReviveAsync(string service, CancellationToken cancellationToken)
    {
        // The orchestrator refuses while something that the service waits for is down itself.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        do
        {
            await Application.ResourceCommands.ExecuteCommandAsync(service, KnownResourceCommands.StartCommand, patience.Token);
        }
        while (!await Processes.HasStartedAsync(service, TimeSpan.FromSeconds(10), patience.Token));
    }

    /// <summary>Waits until all three services are healthy, whatever happened to them before.</summary>
    public async Task WaitUntilHealthyAsync(CancellationToken cancellationToken)
    {
        foreach (var service in Services)
            await HealthyAgainAsync(service, cancellationToken);
    }

    public bool IsHealthy(string service) =>
        Application.ResourceNotifications.TryGetCurrentState(service, out var state) && state.Snapshot.HealthStatus is HealthStatus.Healthy;

    /// <summary>Sends a text as the user and waits for the bot's message that satisfies <paramref name="condition"/>.</summary>
    public static async Task<EmulatedMessage> AskAsync(
        EmulatedChat chat, string text, Func<EmulatedMessage, bool> condition, CancellationToken cancellationToken)
    {
        var question = await chat.SendTextAsync(text, cancellationToken);
        return await chat.WaitForBotMessageAsync(message => message.MessageId > question.MessageId && condition(message), Patience, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await Application.DisposeAsync();
        await Models.DisposeAsync();
        await Telegram.DisposeAsync();
        _folder.Dispose();
    }

    private static async Task<DistributedApplication> StartApplicationAsync(
        TemporaryDirectory folder, ClawdexAppOptions options, CancellationToken cancellationToken)
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Clawdex_AppHost>(
            new DistributedApplicationTestingBuilderOptions { EnableDashboard = options.Dashboard },
            [$"--CLAWDEX_CONFIG_PATH={folder["config.json"]}", .. options.Settings.Select(setting => $"--{setting}")], cancellationToken);
        builder.Services.AddLogging(logging =>
        {
            logging.ClearProviders();
            if (options.Log is { } log)
                logging.AddProvider(log).AddFilter("Clawdex", LogLevel.Information);
        });
        foreach (var project in builder.Resources.OfType<ProjectResource>())
        {
            if (!options.Dashboard)
                project.Annotations.Add(new EnvironmentCallbackAnnotation(DropTelemetry));
            project.Annotations.Add(new EnvironmentCallbackAnnotation(environment =>
            {
                environment.EnvironmentVariables[ServiceProcesses.SystemVariable] = folder.FullPath;
                foreach (var (name, value) in options.Variables)
                    environment.EnvironmentVariables[name] = value;
            }));
        }

        var app = await builder.BuildAsync(cancellationToken).WaitAsync(Patience, cancellationToken);
        await app.StartAsync(cancellationToken).WaitAsync(Patience, cancellationToken);
        foreach (var service in Services)
            await app.ResourceNotifications.WaitForResourceHealthyAsync(service, cancellationToken).WaitAsync(Patience, cancellationToken);
        return app;
    }

    private async Task HealthyAgainAsync(string service, CancellationToken cancellationToken)
    {
        try
        {
            // The orchestrator may still be telling of the end that a restart or a kill has brought about.
            await Application.ResourceNotifications
                .WaitForResourceHealthyAsync(service, WaitBehavior.WaitOnResourceUnavailable, cancellationToken)
                .WaitAsync(Patience, cancellationToken);
        }
        catch (TimeoutException)
        {
            Assert.True(Application.ResourceNotifications.TryGetCurrentState(service, out var state));
            var reports = state.Snapshot.HealthReports.Select(report => $"{report.Status} {report.Description} {report.ExceptionText}");
            Assert.Fail($"{service} is {state.Snapshot.State?.Text} and not healthy: {string.Join("; ", reports)}");
        }
    }

    /// <summary>The test host has no dashboard but names one all the same; sending to it would hold up each service's end.</summary>
    private static void DropTelemetry(EnvironmentCallbackContext context) =>
        context.EnvironmentVariables.Remove("OTEL_EXPORTER_OTLP_ENDPOINT");
}
