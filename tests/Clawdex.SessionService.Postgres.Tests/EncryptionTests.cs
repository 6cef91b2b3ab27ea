using Clawdex.SessionService.Storage.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Clawdex.SessionService.Tests;

/// <summary>Whether what travels to the server can be read on the way.</summary>
public sealed class EncryptionTests
{
    [Theory]
    [InlineData("Host=db.example", SslMode.Require)]
    [InlineData("Host=10.0.0.7:5433", SslMode.Require)]
    [InlineData("Server=localhost,db.example", SslMode.Require)]
    [InlineData("Host=db.example;SSL Mode=Disable", SslMode.Disable)]
    [InlineData("Host=db.example;SslMode=Prefer", SslMode.Prefer)]
    [InlineData("Host=db.example;SSL Mode=VerifyFull", SslMode.VerifyFull)]
    [InlineData("Host=localhost:5433,127.0.0.1,::1", SslMode.Prefer)]
    [InlineData("Host=/run/postgresql", SslMode.Prefer)]
    public void To_another_machine_it_is_encrypted_unless_the_connection_string_says_otherwise(string configured, SslMode mode)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new("ConnectionStrings:sessions", configured)]);
        builder.AddPostgres("sessions");
        using var host = builder.Build();
        using var scope = host.Services.CreateScope();

        var used = scope.ServiceProvider.GetRequiredService<PostgresDbContext>().Database.GetConnectionString();

        Assert.Equal(mode, new NpgsqlConnectionStringBuilder(used).SslMode);
    }
}
