using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Clawdex.Testing;

/// <summary>The one address of several gateways: hands each delivery to the next one, and to the one after it where that one cannot take it.</summary>
public sealed class LoadBalancer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private volatile HttpClient[] _gateways = [];
    private int _turn;

    private LoadBalancer(WebApplication app) => _app = app;

    /// <summary>Ends in a slash.</summary>
    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());

    public static async Task<LoadBalancer> StartAsync(CancellationToken cancellationToken)
    {
        // Empty: the services' appsettings.json lie in the same folder.
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var balancer = new LoadBalancer(builder.Build());
        balancer._app.Run(balancer.ForwardAsync);
        await balancer._app.StartAsync(cancellationToken);
        return balancer;
    }

    public void Route(params HttpClient[] gateways) => _gateways = gateways;

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task ForwardAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        context.Response.StatusCode = (int)HttpStatusCode.BadGateway;
        var gateways = _gateways;
        var first = Interlocked.Increment(ref _turn);
        for (var i = 0; i < gateways.Length; i++)
        {
            if (await StatusOfAsync(gateways[(first + i) % gateways.Length], context.Request, body.ToArray(), context.RequestAborted) is not { } status)
                continue;
            context.Response.StatusCode = (int)status;
            if (status is not HttpStatusCode.ServiceUnavailable)
                return;
        }
    }

    private static async Task<HttpStatusCode?> StatusOfAsync(HttpClient gateway, HttpRequest delivery, byte[] body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(delivery.Path, UriKind.Relative)) { Content = new ByteArrayContent(body) };
        request.Headers.Add("X-Telegram-Bot-Api-Secret-Token", delivery.Headers["X-Telegram-Bot-Api-Secret-Token"].ToString());
        try
        {
            using var response = await gateway.SendAsync(request, cancellationToken);
            return response.StatusCode;
        }
        catch (Exception gone) when (gone is HttpRequestException or ObjectDisposedException or InvalidOperationException or IOException or OperationCanceledException)
        {
            return null;
        }
    }
}
