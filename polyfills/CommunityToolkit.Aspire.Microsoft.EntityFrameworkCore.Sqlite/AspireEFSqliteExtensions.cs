using System.Diagnostics.CodeAnalysis;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.Hosting;

/// <summary>Registers Entity Framework contexts over SQLite.</summary>
public static class AspireEFSqliteExtensions
{
    private const string SectionName = "Aspire:Sqlite:EntityFrameworkCore:Sqlite";
    private const DynamicallyAccessedMemberTypes RequiredByEF =
        DynamicallyAccessedMemberTypes.PublicConstructors | DynamicallyAccessedMemberTypes.NonPublicConstructors | DynamicallyAccessedMemberTypes.PublicProperties;

    /// <summary>
    /// Registers a pooled <typeparamref name="TContext"/> on the connection string <c>ConnectionStrings:{name}</c>, and a health
    /// check that is named after the context. Settings come from the section, then from its part for the context's name, then
    /// from <paramref name="configureSettings"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">On first use of the context, when there is no connection string.</exception>
    public static void AddSqliteDbContext<[DynamicallyAccessedMembers(RequiredByEF)] TContext>(
        this IHostApplicationBuilder builder,
        string name,
        Action<SqliteEntityFrameworkCoreSettings>? configureSettings = null,
        Action<DbContextOptionsBuilder>? configureDbContextOptions = null)
        where TContext : DbContext
    {
        if (builder.Services.Any(service => service.ServiceType == typeof(TContext)))
            throw new InvalidOperationException($"DbContext<{typeof(TContext).Name}> is already registered. Please ensure 'services.AddDbContext<{typeof(TContext).Name}>()' is not used when calling 'AddSqliteDbContext()'.");

        var settings = ReadSettings<TContext>(builder, name);
        configureSettings?.Invoke(settings);
        builder.Services.AddDbContextPool<TContext>(options =>
        {
            if (string.IsNullOrWhiteSpace(settings.ConnectionString) && !EF.IsDesignTime)
                throw new InvalidOperationException($"ConnectionString is missing. It should be provided in 'ConnectionStrings:{name}' or under the 'ConnectionString' key in '{SectionName}' or '{SectionName}:{typeof(TContext).Name}' configuration section.");

            options.UseSqlite(settings.ConnectionString);
            configureDbContextOptions?.Invoke(options);
        });

        if (!settings.DisableHealthChecks)
            builder.Services.AddHealthChecks().AddCheck<ContextCheck<TContext>>(typeof(TContext).Name);
    }

    private static SqliteEntityFrameworkCoreSettings ReadSettings<TContext>(IHostApplicationBuilder builder, string name)
    {
        var settings = new SqliteEntityFrameworkCoreSettings();
        var section = builder.Configuration.GetSection(SectionName);
        section.Bind(settings);
        section.GetSection(typeof(TContext).Name).Bind(settings);
        if (builder.Configuration.GetConnectionString(name) is { } connectionString)
            settings.ConnectionString = connectionString;
        return settings;
    }

    /// <summary>Healthy when the database can be connected to.</summary>
    private sealed class ContextCheck<TContext>(TContext database) : IHealthCheck where TContext : DbContext
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            await database.Database.CanConnectAsync(cancellationToken)
                ? HealthCheckResult.Healthy()
                : new HealthCheckResult(context.Registration.FailureStatus);
    }
}
