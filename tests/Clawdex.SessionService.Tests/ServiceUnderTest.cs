using Clawdex.Testing;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Time.Testing;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests;

/// <summary>
/// The whole service in this process, on free loopback ports, with a database in a temporary folder and a clock that stands
/// still until a test moves it. Its clients speak gRPC over real HTTP/2.
/// </summary>
internal sealed class ServiceUnderTest : IDisposable
{
    private static readonly TimeSpan StuckAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(500);

    private readonly TemporaryDirectory? _ownDirectory;
    private readonly Factory _factory;
    private readonly GrpcChannel _channel;

    private ServiceUnderTest(TemporaryDirectory? ownDirectory, string databasePath, IReadOnlyDictionary<string, string> settings)
    {
        _ownDirectory = ownDirectory;
        DatabasePath = databasePath;
        _factory = new Factory(databasePath, settings, Time);
        _factory.UseKestrel();
        UnlessStuck(_factory.StartServer);

        // Kestrel opens its endpoints in the order of their names: grpc, http.
        var addresses = _factory.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.ToArray();
        _channel = GrpcChannel.ForAddress(addresses[0]);
        Http = new HttpClient { BaseAddress = new Uri(addresses[1]) };
        Client = new Wire.Sessions.SessionsClient(_channel);
    }

    /// <summary>2026-01-01, until a test moves it.</summary>
    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public Wire.Sessions.SessionsClient Client { get; }

    public HttpClient Http { get; }

    public string DatabasePath { get; }

    public IServiceProvider Services => _factory.Services;

    /// <summary>Starts a service with a database of its own, which ends with it.</summary>
    public static ServiceUnderTest Start(params (string Key, string Value)[] settings)
    {
        var directory = new TemporaryDirectory();
        return new ServiceUnderTest(directory, directory["clawdex.db"], settings.ToDictionary());
    }

    /// <summary>Starts a service with a database that outlives it.</summary>
    public static ServiceUnderTest StartOn(string databasePath, params (string Key, string Value)[] settings) =>
        new(ownDirectory: null, databasePath, settings.ToDictionary());

    public T Get<T>() where T : notnull => _factory.Services.GetRequiredService<T>();

    /// <summary>Rows of a query, straight from the database; columns joined by <c>|</c>.</summary>
    public IReadOnlyList<string> Query(string sql) => TestDatabase.Rows(DatabasePath, sql);

    public void Dispose()
    {
        Http.Dispose();
        _channel.Dispose();
        UnlessStuck(_factory.Dispose);
        _ownDirectory?.Dispose();
    }

    /// <summary>A service that starts or stops may wait for its database, and would for ever by a clock that stands still: it moves after a while.</summary>
    private void UnlessStuck(Action action)
    {
        using var clock = new Timer(_ => Time.Advance(Step), null, StuckAfter, Step);
        action();
    }

    private sealed class Factory(string databasePath, IReadOnlyDictionary<string, string> settings, TimeProvider time)
        : WebApplicationFactory<Program>
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            builder.UseSetting("Kestrel:Endpoints:http:Url", "http://127.0.0.1:0");
            builder.UseSetting("Kestrel:Endpoints:grpc:Url", "http://127.0.0.1:0");
            builder.UseSetting("ConnectionStrings:sessions", TestDatabase.ConnectionStringOf(databasePath));
            builder.UseSetting("Logging:LogLevel:Default", "Warning");
            foreach (var (key, value) in settings)
                builder.UseSetting(key, value);
            builder.ConfigureServices(services => services.Replace(ServiceDescriptor.Singleton(time)));
        }
    }
}
