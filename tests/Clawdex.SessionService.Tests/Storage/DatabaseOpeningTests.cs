using System.Security.Cryptography;
using Clawdex.SessionService.Tests.Api;
using Clawdex.SessionService.Tests.Processes;
using Clawdex.Testing;
using Microsoft.Data.Sqlite;

namespace Clawdex.SessionService.Tests.Storage;

public sealed class DatabaseOpeningTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string _path;

    public DatabaseOpeningTests() => _path = _directory["clawdex.db"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_by_name_and_left_untouched()
    {
        await File.WriteAllTextAsync(_path, "This is not a database, but perhaps somebody's diary.", Token);

        await AssertRefusedAsync($"{_path} is not a SQLite database.");
    }

    [Fact]
    public async Task A_damaged_database_is_refused_by_name_and_left_untouched()
    {
        await CreateDatabaseAsync();
        await using (var file = File.OpenWrite(_path))
        {
            // Behind the header and the schema's first page.
            file.Seek(3 * 4096, SeekOrigin.Begin);
            await file.WriteAsync(RandomNumberGenerator.GetBytes(8192), Token);
        }

        await AssertRefusedAsync($"The database {_path} is damaged.");
    }

    [Fact]
    public async Task A_database_that_was_cut_off_is_refused_by_name_and_left_untouched()
    {
        await CreateDatabaseAsync();
        await using (var file = File.OpenWrite(_path))
            file.SetLength(file.Length / 2);

        await AssertRefusedAsync($"The database {_path} is damaged.");
    }

    [Fact]
    public async Task A_schema_that_is_newer_than_the_program_is_refused_and_left_untouched()
    {
        await CreateDatabaseAsync();
        Execute("INSERT INTO __EFMigrationsHistory VALUES ('29990101000000_Future', '99.0.0')");

        await AssertRefusedAsync($"{_path} was written by a newer version of Clawdex (schema 29990101000000_Future).");
    }

    [Fact]
    public async Task The_database_of_another_program_is_refused_and_left_untouched()
    {
        Execute("CREATE TABLE recipes (id INTEGER PRIMARY KEY, title TEXT)");

        await AssertRefusedAsync($"{_path} is the database of another program.");
    }

    [Fact]
    public async Task A_database_that_another_service_works_on_is_refused()
    {
        using var first = ServiceUnderTest.StartOn(_path);
        using var second = ServiceProcess.Start(_path);

        Assert.Equal(1, await second.WaitForExitAsync(Token));
        Assert.Contains($"Another process works on the database {_path}.", second.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lock_that_cannot_be_taken_for_another_reason_is_refused_at_once_and_with_that_reason()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "A link in a circle stands for a file system that is read-only.");
        File.CreateSymbolicLink($"{_path}.lock", $"{_path}.lock");
        using var service = ServiceProcess.Start(_path);

        Assert.Equal(1, await service.WaitForExitAsync(Token));
        Assert.Contains($"The database {_path} cannot be opened: ", service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Another process", service.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Data Source=:memory:", "ConnectionStrings:sessions must name a file in its Data Source.")]
    [InlineData("Data Source=file:/secret?mode=memory", "ConnectionStrings:sessions must name a file in its Data Source.")]
    [InlineData("Data Source=/nowhere.db;Password=secret", "ConnectionStrings:sessions has a Password, but SQLite encrypts nothing here; leave it out.")]
    [InlineData("Dater Source=/secret", "ConnectionStrings:sessions is neither a SQLite connection string (Data Source=...) nor one of PostgreSQL (Host=...).")]
    [InlineData("Data Source=/nowhere.db;Pooling=secret", "ConnectionStrings:sessions is neither a SQLite connection string (Data Source=...) nor one of PostgreSQL (Host=...).")]
    [InlineData("Data Source=/nowhere.db;Mode=secret", "ConnectionStrings:sessions is neither a SQLite connection string (Data Source=...) nor one of PostgreSQL (Host=...).")]
    [InlineData("Data Source=/nowhere.db;Default Timeout=99999999999", "ConnectionStrings:sessions is neither a SQLite connection string (Data Source=...) nor one of PostgreSQL (Host=...).")]
    [InlineData("postgres://clawdex:secret@db/clawdex", "ConnectionStrings:sessions is neither a SQLite connection string (Data Source=...) nor one of PostgreSQL (Host=...).")]
    public async Task A_connection_string_that_names_no_store_is_refused_by_its_key_and_not_repeated(string connectionString, string problem)
    {
        using var service = ServiceProcess.StartShell(_path, "env", $"ConnectionStrings__sessions={connectionString}", "dotnet", ServiceProcess.Program);

        Assert.Equal(1, await service.WaitForExitAsync(Token));
        Assert.Contains(problem, service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", service.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(_path));
    }

    [Theory]
    [InlineData("--sessions:idleMinutes=0", "sessions:idleMinutes must be a whole number from 1 to 10080")]
    [InlineData("--sessions:cacheMegabytes=lots", "sessions:cacheMegabytes must be a whole number from 1 to 16384")]
    [InlineData("--sessions:retainDays=-1", "sessions:retainDays must be a whole number from 0 to 36500")]
    [InlineData("--sessions:retainDays=36501", "sessions:retainDays must be a whole number from 0 to 36500")]
    [InlineData("--sessions:retainDay=1", "command line --sessions:retainDay: sessions:retainDay is no setting of Clawdex; did you mean sessions:retainDays?")]
    [InlineData("--sessions:retainDays=1.5", "sessions:retainDays must be a whole number from 0 to 36500")]
    public async Task A_setting_that_makes_no_sense_is_refused_by_its_key(string argument, string problem)
    {
        using var service = ServiceProcess.Start(_path, argument);

        Assert.Equal(1, await service.WaitForExitAsync(Token));
        Assert.Contains(problem, service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", service.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(_path));
    }

    [Fact]
    public async Task A_migration_that_was_killed_does_not_block_the_next_start()
    {
        // What Entity Framework leaves behind when its process dies while it migrates an empty database.
        Execute("PRAGMA journal_mode = WAL; CREATE TABLE __EFMigrationsLock (Id INTEGER PRIMARY KEY, Timestamp TEXT NOT NULL);"
            + "INSERT INTO __EFMigrationsLock VALUES (1, '2026-01-01');"
            + "CREATE TABLE __EFMigrationsHistory (MigrationId TEXT NOT NULL PRIMARY KEY, ProductVersion TEXT NOT NULL);");

        using var service = ServiceUnderTest.StartOn(_path);

        await new Conversation(service.Client).SayAsync("hello");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_database_in_a_folder_that_others_can_enter_is_its_owners_alone(bool exists)
    {
        if (OperatingSystem.IsWindows())
            return;
        if (exists)
        {
            Execute("PRAGMA user_version = 0; VACUUM");
            File.SetUnixFileMode(_path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        }

        using var service = ServiceUnderTest.StartOn(_path);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode($"{_path}-wal"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode($"{_path}.lock"));
    }

    [Fact]
    public void The_folder_is_created_for_its_owner_only()
    {
        var path = _directory["new/data/clawdex.db"];

        using var service = ServiceUnderTest.StartOn(path);

        Assert.True(File.Exists(path));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(path) ?? ""));
    }

    [Fact]
    public void Without_a_connection_string_the_database_is_in_the_data_directory()
    {
        using var service = ServiceUnderTest.StartOn(_path, ("ConnectionStrings:sessions", ""), ("sessions:dataDirectory", _directory["data"]));

        Assert.True(File.Exists(_directory["data/clawdex.db"]));
        Assert.False(File.Exists(_path));
    }

    private async Task CreateDatabaseAsync()
    {
        using var service = ServiceUnderTest.StartOn(_path);
        var chat = new Conversation(service.Client);
        for (var i = 0; i < 20; i++)
            await chat.ExchangeAsync(new string('q', 1000), new string('a', 1000));
    }

    private async Task AssertRefusedAsync(string reason)
    {
        var before = await File.ReadAllBytesAsync(_path, Token);
        using var service = ServiceProcess.Start(_path);

        Assert.Equal(1, await service.WaitForExitAsync(Token));
        Assert.Contains(reason, service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", service.Output, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(_path, Token));
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_path};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
