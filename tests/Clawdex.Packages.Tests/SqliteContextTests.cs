using Clawdex.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Clawdex.Packages.Tests;

/// <summary>How a service gets its SQLite context.</summary>
public sealed class SqliteContextTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private readonly HostApplicationBuilder _builder = Host.CreateEmptyApplicationBuilder(null);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_context_is_pooled_on_the_connection_string_of_its_name_and_has_a_health_check()
    {
        _builder.Configuration["ConnectionStrings:notes"] = $"Data Source={_folder["notes.db"]}";
        _builder.AddSqliteDbContext<NotesContext>("notes", configureDbContextOptions: options => options.EnableDetailedErrors());
        using var host = _builder.Build();

        NotesContext first;
        using (var scope = host.Services.CreateScope())
        {
            first = scope.ServiceProvider.GetRequiredService<NotesContext>();
            await first.Database.EnsureCreatedAsync(Cancellation);
        }

        using var next = host.Services.CreateScope();
        Assert.Same(first, next.ServiceProvider.GetRequiredService<NotesContext>());
        Assert.True(File.Exists(_folder["notes.db"]));
        var health = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Cancellation);
        Assert.Equal(HealthStatus.Healthy, health.Entries["NotesContext"].Status);
    }

    [Fact]
    public async Task A_database_that_cannot_be_opened_is_unhealthy()
    {
        _builder.Configuration["ConnectionStrings:notes"] = $"Data Source={_folder["missing/notes.db"]}";
        _builder.AddSqliteDbContext<NotesContext>("notes");
        using var host = _builder.Build();

        var health = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Cancellation);

        Assert.Equal(HealthStatus.Unhealthy, health.Status);
    }

    [Fact]
    public void Settings_come_from_the_section_then_the_connection_string_then_the_code()
    {
        _builder.Configuration["Aspire:Sqlite:EntityFrameworkCore:Sqlite:ConnectionString"] = "Data Source=section";
        _builder.Configuration["Aspire:Sqlite:EntityFrameworkCore:Sqlite:NotesContext:DisableHealthChecks"] = "true";
        _builder.Configuration["ConnectionStrings:notes"] = "Data Source=named";
        SqliteEntityFrameworkCoreSettings? seen = null;

        _builder.AddSqliteDbContext<NotesContext>("notes", settings => seen = settings);
        using var host = _builder.Build();

        Assert.Equal(("Data Source=named", true), (seen?.ConnectionString, seen?.DisableHealthChecks));
        Assert.Null(host.Services.GetService<HealthCheckService>());
    }

    [Fact]
    public void A_missing_connection_string_is_reported_on_first_use_with_the_keys_that_could_hold_it()
    {
        _builder.AddSqliteDbContext<NotesContext>("notes");
        using var host = _builder.Build();
        using var scope = host.Services.CreateScope();

        var exception = Assert.Throws<InvalidOperationException>(scope.ServiceProvider.GetRequiredService<NotesContext>);

        Assert.Contains("'ConnectionStrings:notes'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_context_is_registered_once()
    {
        _builder.AddSqliteDbContext<NotesContext>("notes");

        Assert.Throws<InvalidOperationException>(() => _builder.AddSqliteDbContext<NotesContext>("notes"));
    }

    internal sealed class NotesContext(DbContextOptions<NotesContext> options) : DbContext(options);
}
