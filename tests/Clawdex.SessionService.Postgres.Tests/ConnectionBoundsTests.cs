using Clawdex.SessionService.Api;
using Clawdex.SessionService.Model;
using Clawdex.SessionService.Storage;
using Clawdex.SessionService.Storage.Postgres;
using Clawdex.SessionService.Tests.Api;
using Clawdex.Testing;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Clawdex.SessionService.Tests;

/// <summary>How long anything may wait for the other side of a connection, and what is made of it when it did not come.</summary>
public sealed class ConnectionBoundsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void What_could_be_waited_for_without_an_end_is_bounded()
    {
        var used = Used("Host=db.example");

        Assert.Equal((5, 1000, 10, 5), (used.Timeout, used.CancellationTimeout, used.TcpKeepAliveTime, used.TcpKeepAliveInterval));
        string[] options = ["idle_in_transaction_session_timeout=10000", "tcp_keepalives_idle=10", "tcp_keepalives_interval=5", "tcp_keepalives_count=3", "tcp_user_timeout=25000"];
        Assert.Equal(string.Join(' ', options.Select(option => $"-c {option}")), used.Options);
    }

    [Fact]
    public void What_the_connection_string_says_stays()
    {
        var used = Used("Host=db.example;Options='-c search_path=mine';Timeout=20;CancellationTimeout=-1;TCP Keepalive Time=60;Max Auto Prepare=0;Maximum Pool Size=3");

        Assert.Equal(("-c search_path=mine", 20, -1, 60, 0), (used.Options, used.Timeout, used.CancellationTimeout, used.TcpKeepAliveTime, used.TcpKeepAliveInterval));
        Assert.Equal((0, 3), (used.MaxAutoPrepare, used.MaxPoolSize));
    }

    [Fact]
    public void Who_keeps_many_connections_open_may_have_as_many() => Assert.Equal(50, Used("Host=db.example;Minimum Pool Size=50").MaxPoolSize);

    [Fact]
    public void Nothing_is_asked_of_a_pooler_that_takes_no_options() => Assert.True(string.IsNullOrEmpty(Used("Host=db.example;Options=''").Options));

    [Theory]
    [InlineData("Host=/run/postgresql")]
    [InlineData("Host=db.example,@clawdex")]
    public void A_socket_of_this_machine_takes_no_setting_of_TCP(string configured) => Assert.Equal(0, Used(configured).TcpKeepAliveTime);

    [Fact]
    public async Task A_connection_keeps_its_bounds_when_it_goes_back_to_the_pool()
    {
        using var service = ServiceUnderTest.Start();
        for (var i = 0; i < 3; i++)
        {
            using var scope = service.Services.CreateScope();
            var db = scope.ServiceProvider.GetRequiredService<SessionDbContext>();

            Assert.Equal("10s", await db.Database.SqlQuery<string>($"SELECT current_setting('idle_in_transaction_session_timeout') AS \"Value\"").SingleAsync(Token));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_transaction_that_stands_still_is_rolled_back_by_the_server_and_lets_others_go_on()
    {
        // Shorter than the default, and longer than a busy machine takes between two statements.
        const string Options = "Options='-c idle_in_transaction_session_timeout=2000'";
        using var directory = new TemporaryDirectory();
        var path = directory["clawdex.db"];
        using var service = ServiceUnderTest.StartOn(path, ("ConnectionStrings:sessions", $"{TestDatabase.ConnectionStringOf(path)};{Options}"));
        var chat = new Conversation(service.Client);

        var error = await Assert.ThrowsAnyAsync<Exception>(() => service.Get<ISessionWriter>().WriteAsync(
            async transaction =>
            {
                await transaction.CreateSessionAsync(new SessionIdentity(chat.Key, "telegram", chat.Id.ChatId));
                while (service.Query("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'").Count > 0)
                    await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Token);
                return await transaction.Db.Sessions.CountAsync(Token);
            },
            TestContext.Current.CancellationToken));

        Assert.Equal(StatusCode.Unavailable, CallInterceptor.StatusOf(error).StatusCode);
        await chat.SayAsync("hello");
        Assert.Equal(["hello"], await chat.TextsAsync());
    }

    [Theory]
    [InlineData("57014", StatusCode.Unavailable)]
    [InlineData("25P03", StatusCode.Unavailable)]
    [InlineData("57P01", StatusCode.Unavailable)]
    [InlineData("57P03", StatusCode.Unavailable)]
    [InlineData("08006", StatusCode.Unavailable)]
    [InlineData("40P01", StatusCode.Unavailable)]
    [InlineData("25006", StatusCode.Unavailable)]
    [InlineData("28P01", StatusCode.Unavailable)]
    [InlineData("3D000", StatusCode.Unavailable)]
    [InlineData("53100", StatusCode.ResourceExhausted)]
    [InlineData("22001", StatusCode.Internal)]
    public void What_may_be_repeated_is_called_that(string sqlState, StatusCode status)
    {
        var error = new PostgresException("not for callers", "ERROR", "ERROR", sqlState);

        foreach (var thrown in new Exception[] { error, new DbUpdateException("saving", error), new OperationCanceledException("cancelled", error) })
        {
            var answer = CallInterceptor.StatusOf(thrown);
            Assert.Equal(status, answer.StatusCode);
            Assert.DoesNotContain("not for callers", answer.Detail, StringComparison.Ordinal);
        }
    }

    private static NpgsqlConnectionStringBuilder Used(string configured)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new("ConnectionStrings:sessions", configured)]);
        builder.AddPostgres("sessions");
        using var host = builder.Build();
        using var scope = host.Services.CreateScope();
        return new NpgsqlConnectionStringBuilder(scope.ServiceProvider.GetRequiredService<PostgresDbContext>().Database.GetConnectionString());
    }
}
