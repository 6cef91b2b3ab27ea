namespace Aspire.Hosting;

/// <summary>Adds SQLite databases.</summary>
public static class SqliteResourceBuilderExtensions
{
    /// <summary>
    /// Adds a database file, by default one of a random name in the temporary folder. It is there, empty, before anything
    /// starts; only its owner can read it.
    /// </summary>
    public static IResourceBuilder<SqliteResource> AddSqlite(
        this IDistributedApplicationBuilder builder, string name, string? databasePath = null, string? databaseFileName = null)
    {
        var resource = new SqliteResource(name, databasePath ?? Path.GetTempPath(), databaseFileName ?? $"{Path.GetRandomFileName()}.db");
        builder.Eventing.Subscribe<BeforeStartEvent>((_, _) =>
        {
            Create(resource.FilePath);
            return Task.CompletedTask;
        });
        return builder.AddResource(resource).WithInitialState(new CustomResourceSnapshot
        {
            ResourceType = "Sqlite",
            State = new(KnownResourceStates.Running, KnownResourceStateStyles.Success),
            Properties = [new("DatabaseFilePath", resource.FilePath)],
        });
    }

    private static void Create(string file)
    {
        if (File.Exists(file))
            return;

        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file)) ?? ".");
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var created = new FileStream(file, options);
    }
}
