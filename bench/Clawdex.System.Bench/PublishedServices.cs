using System.Diagnostics;

namespace Clawdex.WholeSystem.Bench;

/// <summary>The three services as they are deployed: published, started by themselves, without an AppHost.</summary>
internal sealed class PublishedServices : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<Process> _processes = [];

    private PublishedServices()
    {
    }

    /// <summary>Session service, LLM service, gateway.</summary>
    public IReadOnlyList<WatchedProcess> Product { get; private set; } = [];

    /// <summary>From the start of the first process to the first poll.</summary>
    public TimeSpan FirstPoll { get; private set; }

    /// <summary>Publishes each service below <paramref name="folder"/>.</summary>
    public static async Task PublishAsync(string folder, CancellationToken cancellationToken)
    {
        foreach (var program in RunningSystem.Programs)
        {
            var project = Path.Combine(Projects.Clawdex_AppHost.ProjectPath, "..", program);
            using var publish = ChildProcess.Start(new ProcessStartInfo(
                "dotnet", ["publish", project, "-c", "Release", "-o", Path.Combine(folder, program), "-v", "q", "--nologo"]));
            await publish.WaitForExitAsync(cancellationToken);
            if (publish.ExitCode != 0)
                throw new InvalidOperationException($"{program} cannot be published: try 'dotnet publish {project}'");
        }
    }

    /// <summary>Returns at the first poll.</summary>
    /// <param name="published">Where <see cref="PublishAsync"/> put the programs.</param>
    /// <param name="data">The database's folder.</param>
    /// <param name="variables">Environment of the services.</param>
    public static async Task<PublishedServices> StartAsync(
        string published, string data, Emulators emulators, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken)
    {
        var services = new PublishedServices();
        var started = TimeProvider.System.GetTimestamp();
        try
        {
            var session = Emulators.FreeAddress();
            var llm = Emulators.FreeAddress();
            services.Start(published, 0, new(variables)
            {
                ["Kestrel__Endpoints__grpc__Url"] = session.ToString(),
                ["sessions__dataDirectory"] = data,
            });
            services.Start(published, 1, new(variables)
            {
                ["Kestrel__Endpoints__grpc__Url"] = llm.ToString(),
                ["gemini__apiKey"] = "emulator",
                ["gemini__baseUrl"] = emulators.ModelsAddress.GetLeftPart(UriPartial.Authority),
            });
            services.Start(published, 2, new(variables)
            {
                ["services__session__grpc__0"] = session.ToString(),
                ["services__llm__grpc__0"] = llm.ToString(),
                ["channels__telegram__botToken"] = Emulators.Token,
                ["channels__telegram__apiBaseUrl"] = emulators.TelegramAddress.GetLeftPart(UriPartial.Authority),
                ["channels__telegram__everyoneIsOwner"] = "true",
                ["channels__telegram__limits__chatPerSecond"] = "0",
                ["channels__telegram__limits__chatBurst"] = "0",
                ["channels__telegram__limits__groupPerMinute"] = "0",
                ["agent__limits__tokensPerDay"] = "0",
                ["agent__limits__answersAtOnce"] = "1000",
            });
            await emulators.Telegram.WaitForPollAsync(Patience, cancellationToken);
            services.FirstPoll = TimeProvider.System.GetElapsedTime(started);
            services.Product = [.. services._processes.Select((process, i) => new WatchedProcess(RunningSystem.Programs[i], process.Id))];
            return services;
        }
        catch
        {
            await services.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
            await ChildProcess.EndAsync(process);
    }

    private void Start(string published, int service, Dictionary<string, string> variables)
    {
        var program = RunningSystem.Programs[service];
        var start = new ProcessStartInfo("dotnet", [Path.Combine(published, program, $"{program}.dll")])
        {
            // Where its settings lie.
            WorkingDirectory = Path.Combine(published, program),
        };
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        start.Environment["Kestrel__Endpoints__http__Url"] = Emulators.FreeAddress().ToString();
        _processes.Add(ChildProcess.Start(start));
    }
}
