using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using Clawdex.AppHost.Configuration;
using Clawdex.AppHost.Running;
using Clawdex.ServiceDefaults.Files;

namespace Clawdex.AppHost;

/// <summary>The session service's database, and how it is backed up.</summary>
internal static class Sessions
{
    private const string FileName = "clawdex.db";
    private const string ConnectionVariable = "ConnectionStrings__sessions";

    /// <summary>Where the database is, unless a deployment has its own place for it.</summary>
    public static string DatabaseOf(ClawdexSettings settings) => Path.Combine(settings.DataDirectory, FileName);

    /// <summary>
    /// Creates the data folder, which only its owner can enter, before any service does. In it, unless PostgreSQL keeps the
    /// conversations, the database's file: the toolkit would let everybody read and write it, and leaves one alone that exists. A
    /// deployment needs neither.
    /// </summary>
    /// <returns>False: it cannot be written, and <paramref name="errors"/> says why.</returns>
    public static bool TryCreateDataFolder(this IDistributedApplicationBuilder builder, ClawdexSettings settings, TextWriter errors)
    {
        if (builder.ExecutionContext.IsPublishMode)
            return true;
        try
        {
            OwnerOnly.CreateDirectory(settings.DataDirectory);
            if (!settings.UsesPostgres)
                OwnerOnly.Open(DatabaseOf(settings), FileMode.OpenOrCreate).Dispose();
            // SQLite keeps its log beside the file.
            var probe = Path.Combine(settings.DataDirectory, Path.GetRandomFileName());
            OwnerOnly.Open(probe, FileMode.CreateNew).Dispose();
            File.Delete(probe);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return ClawdexSettings.Refuse(errors, [$"sessions:dataDirectory: {settings.DataDirectory} cannot be written: {error.Message}"]);
        }
    }

    /// <summary>
    /// Gives the session service the database <c>sessions</c>: the PostgreSQL server that is configured, or that whoever deploys
    /// names, or a container of it; else the SQLite file, with the command to back it up. Containers have no disk that outlives them,
    /// and SQLite does not belong on a network's.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithSessionDatabase(this IResourceBuilder<ProjectResource> sessions, ClawdexSettings settings)
    {
        var builder = sessions.ApplicationBuilder;
        if (builder.ExecutionContext.IsPublishMode || settings.PostgresServer is not null)
            return sessions.WithReference(builder.AddConnectionString("sessions"));
        if (settings.StartsPostgres)
            return sessions.WithPostgresContainer(settings);

        var database = builder.AddSqlite("sessions", settings.DataDirectory, FileName)
            .WithDescription("Every conversation, in one SQLite file.")
            .WithIconName("Database");
        // The toolkit's own connection string does not quote the file, so that a semicolon in its path would end it.
        var file = DatabaseOf(settings);
        return sessions.WithReference(database).WithEnvironment(ConnectionVariable, ConnectionStringOf(file)).WithBackupCommand(file);
    }

    /// <summary>Aspire draws the password once, and keeps it among the user's secrets; the volume is the same for every copy of the repository, as the SQLite file is.</summary>
    private static IResourceBuilder<ProjectResource> WithPostgresContainer(this IResourceBuilder<ProjectResource> sessions, ClawdexSettings settings)
    {
        var database = sessions.ApplicationBuilder.AddPostgres("postgres")
            .WithDataVolume(settings.EmulatesTelegram ? "clawdex-emulator" : "clawdex-data")
            .WithDescription("PostgreSQL in a container of this machine.")
            .AddDatabase("sessions", "clawdex")
            .WithDescription("Every conversation.");
        return sessions.WithReference(database).WaitFor(database);
    }

    private static string ConnectionStringOf(string file) => new DbConnectionStringBuilder { ["Data Source"] = file }.ConnectionString;

    private static IResourceBuilder<ProjectResource> WithBackupCommand(this IResourceBuilder<ProjectResource> sessions, string file) =>
        BuiltProgram.Find(sessions.Resource) is not { } program ? sessions : sessions.WithCommand(
            "back-up", "Back up now",
            command => BackUpAsync(program, file, command.CancellationToken),
            new CommandOptions
            {
                Description = "Back up now: a copy of the database, whole and checked, in the folder backups beside it. Everything goes on meanwhile.",
                IconName = "ArrowDownload",
                IsHighlighted = true,
            });

    /// <summary>Runs the session service's own command, which says what it did, or why it could not, in one line.</summary>
    private static async Task<ExecuteCommandResult> BackUpAsync(string program, string file, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(Path.GetDirectoryName(file) ?? "", "backups");
        OwnerOnly.CreateDirectory(folder);
        var time = TimeProvider.System.GetLocalNow().ToString("yyyy-MM-dd-HHmmss", CultureInfo.InvariantCulture);
        var start = new ProcessStartInfo("dotnet", [program, "backup", Path.Combine(folder, $"clawdex-{time}.db")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { [ConnectionVariable] = ConnectionStringOf(file) },
        };
        foreach (var variable in ConfigurationSources.SecretVariablesOutside([]))
            start.Environment.Remove(variable);
        using var backup = Process.Start(start) ?? throw new InvalidOperationException("dotnet could not be started.");
        var errors = backup.StandardError.ReadToEndAsync(cancellationToken);
        var output = await backup.StandardOutput.ReadToEndAsync(cancellationToken);
        await backup.WaitForExitAsync(cancellationToken);
        return backup.ExitCode is 0 ? CommandResults.Success(output.Trim()) : CommandResults.Failure((await errors).Trim());
    }
}
