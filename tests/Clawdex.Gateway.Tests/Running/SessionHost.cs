extern alias sessions;

using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Clawdex.Gateway.Tests.Running;

/// <summary>One run of the session service's own program, with <see cref="SessionFaults"/> before each of its calls.</summary>
internal sealed class SessionHost : WebApplicationFactory<sessions::Program>
{
    private readonly string _databasePath;
    private readonly string _url;
    private readonly SessionFaults _faults;

    public SessionHost(string databasePath, string url, SessionFaults faults)
    {
        (_databasePath, _url, _faults) = (databasePath, url, faults);
        UseKestrel();
        StartServer();
        // Kestrel opens its endpoints in the order of their names: grpc, http.
        Address = Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();
    }

    public string Address { get; }

    /// <summary>Nobody is waited for.</summary>
    public async Task KillAsync()
    {
        await Services.GetRequiredService<IHost>().StopAsync(new CancellationToken(true)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await DisposeAsync();
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseSetting("Kestrel:Endpoints:grpc:Url", _url);
        builder.UseSetting("Kestrel:Endpoints:http:Url", "http://127.0.0.1:0");
        builder.UseSetting("ConnectionStrings:sessions", $"Data Source={_databasePath}");
        builder.UseSetting("Logging:LogLevel:Default", "None");
        builder.ConfigureServices(services =>
        {
            services.AddSingleton(_faults);
            services.Configure<GrpcServiceOptions>(grpc => grpc.Interceptors.Add<SessionFaults>());
        });
    }
}
