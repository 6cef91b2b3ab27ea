using Microsoft.EntityFrameworkCore;

namespace Clawdex.SessionService.Storage.Postgres;

/// <summary>The same schema on PostgreSQL. A type of its own, because Entity Framework finds migrations by the context's type.</summary>
internal sealed class PostgresDbContext(DbContextOptions<PostgresDbContext> options) : SessionDbContext(options);
