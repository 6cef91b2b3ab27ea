using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Clawdex.WholeSystem.Bench;

/// <summary>
/// The real system: the three services as processes that the real AppHost starts, on a database of their own, pointed to the
/// emulators by an ordinary config file. The AppHost itself runs inside the bench, which counts for neither side.
/// </summary>
internal sealed class RunningSystem : IAsyncDisposable
{
    /// <summary>Of the session service, the LLM service and the gateway.</summary>
    public static readonly string[] Programs = ["Clawdex.SessionService", "Clawdex.LlmService", "Clawdex.Gateway"];

    private static readonly string[] Services = ["session", "llm", "gateway"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly DirectoryInfo _folder;
    private readonly DistributedApplication _application;

    private RunningSystem(DirectoryInfo folder, Emulators emulators, DistributedApplication application)
    {
        (_folder, Emulators, _application) = (folder, emulators, application);
        string[] marks = [folder.FullName, emulators.TelegramAddress.Authority, emulators.ModelsAddress.Authority];
        Product = [.. Programs.Select(program => WatchedProcess.Find(program, marks))];
    }

    public Emulators Emulators { get; }

    /// <summary>The three services.</summary>
    public IReadOnlyList<WatchedProcess> Product { get; }

    /// <param name="limits">True: the gateway's default limits; false: none.</param>
    /// <param name="variables">Environment of the services; null = no telemetry is exported.</param>
    /// <param name="owner">The only one whom the bot serves; null = everybody.</param>
    public static async Task<RunningSystem> StartAsync(
        bool limits, CancellationToken cancellationToken, Dictionary<string, string>? variables = null, long? owner = null)
    {
        var folder = Directory.CreateTempSubdirectory("clawdex-bench-");
        var emulators = await Emulators.StartAsync(cancellationToken);
        try
        {
            var config = Path.Combine(folder.FullName, "config.json");
            await File.WriteAllTextAsync(config, Config(emulators, folder.FullName, limits, owner), cancellationToken);
            var application = await StartApplicationAsync(config, variables ?? [], cancellationToken);
            await emulators.Telegram.WaitForPollAsync(Patience, cancellationToken);
            return new RunningSystem(folder, emulators, application);
        }
        catch
        {
            await emulators.DisposeAsync();
            folder.Delete(recursive: true);
            throw;
        }
    }

    /// <summary>Turns in the database, and how many of them are settled as delivered with both texts stored.</summary>
    public (long Turns, long Delivered) CountStoredTurns()
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(_folder.FullName, "data", "clawdex.db")};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText =
            """
            SELECT count(*), coalesce(sum(state = 'delivered'
              AND EXISTS (SELECT 1 FROM messages WHERE id = turns.id * 2)
              AND EXISTS (SELECT 1 FROM messages WHERE id = turns.id * 2 + 1)), 0)
            FROM turns
            """;
        using var reader = command.ExecuteReader();
        reader.Read();
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        await Emulators.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static async Task<DistributedApplication> StartApplicationAsync(
        string config, Dictionary<string, string> variables, CancellationToken cancellationToken)
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Clawdex_AppHost>(
            [$"--CLAWDEX_CONFIG_PATH={config}"], cancellationToken);
        builder.Services.AddLogging(logging => logging.ClearProviders());
        // No dashboard runs; without its address the services send no telemetry, as in a deployment that names none.
        foreach (var project in builder.Resources.OfType<ProjectResource>())
        {
            project.Annotations.Add(new EnvironmentCallbackAnnotation(context =>
            {
                context.EnvironmentVariables.Remove("OTEL_EXPORTER_OTLP_ENDPOINT");
                foreach (var (name, value) in variables)
                    context.EnvironmentVariables[name] = value;
            }));
        }

        var application = await builder.BuildAsync(cancellationToken).WaitAsync(Patience, cancellationToken);
        await application.StartAsync(cancellationToken).WaitAsync(Patience, cancellationToken);
        foreach (var service in Services)
            await application.ResourceNotifications.WaitForResourceHealthyAsync(service, cancellationToken).WaitAsync(Patience, cancellationToken);
        return application;
    }

    private static string Config(Emulators emulators, string folder, bool limits, long? owner)
    {
        var models = emulators.ModelsAddress.GetLeftPart(UriPartial.Authority);
        return $$"""
            {
              "gemini": { "apiKey": "emulator", "baseUrl": "{{models}}" },
              "openrouter": { "apiKey": "emulator", "baseUrl": "{{models}}/api/v1" },
              "agent": { "limits": { "tokensPerDay": 0, "answersAtOnce": 1000 } },
              "channels": {
                "telegram": {
                  "botToken": "{{Emulators.Token}}",
                  {{(owner is null ? "\"everyoneIsOwner\": true" : $"\"allowedUsers\": [{owner}]")}},
                  "apiBaseUrl": "{{emulators.TelegramAddress.GetLeftPart(UriPartial.Authority)}}",
                  {{(limits ? "" : "\"limits\": { \"chatPerSecond\": 0, \"chatBurst\": 0, \"groupPerMinute\": 0 }")}}
                },
              },
              "sessions": { "dataDirectory": "{{Path.Combine(folder, "data")}}" },
            }
            """;
    }
}
