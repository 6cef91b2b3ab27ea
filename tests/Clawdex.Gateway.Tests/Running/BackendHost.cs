using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Clawdex.Gateway.Tests.Running;

/// <summary>The fake model on a free port, over real HTTP/2.</summary>
internal sealed class BackendHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private BackendHost(WebApplication app, string address) => (_app, Address) = (app, address);

    public string Address { get; }

    public static async Task<BackendHost> StartAsync(FakeLlm llm, CancellationToken cancellationToken)
    {
        // Empty: the services' appsettings.json lie in the same folder.
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore()
            .ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddRouting();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(llm);
        var app = builder.Build();
        app.MapGrpcService<FakeLlm>();
        await app.StartAsync(cancellationToken);
        var addresses = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>();
        return new BackendHost(app, addresses.Addresses.Single());
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
