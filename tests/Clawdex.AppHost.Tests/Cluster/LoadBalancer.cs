using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Clawdex.AppHost.Tests.Cluster;

/// <summary>
/// One address for all gateways, as an ingress is: each delivery goes to the next one, and to another one when that one takes no
/// connection. One that has taken it and does not answer is waited for, as long as Telegram waits.
/// </summary>
internal sealed class LoadBalancer(WebApplication app) : IAsyncDisposable
{
    public Uri Address => new(app.Urls.Single());

    public static async Task<LoadBalancer> StartAsync(IReadOnlyList<Uri> gateways, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(1), UseProxy = false });
        var next = 0;
        app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            for (var attempt = 0; attempt < gateways.Count; attempt++)
            {
                var gateway = gateways[(int)((uint)Interlocked.Increment(ref next) % (uint)gateways.Count)];
                try
                {
                    context.Response.StatusCode = await PassOnAsync(http, context.Request, new Uri(gateway, context.Request.Path.Value), body.ToArray(), context.RequestAborted);
                    return;
                }
                catch (HttpRequestException error) when (error.HttpRequestError is HttpRequestError.ConnectionError)
                {
                    // The next one.
                }
                catch (HttpRequestException)
                {
                    break;
                }
            }

            context.Response.StatusCode = StatusCodes.Status502BadGateway;
        });
        await app.StartAsync(cancellationToken);
        return new LoadBalancer(app);
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private static async Task<int> PassOnAsync(HttpClient http, HttpRequest request, Uri address, byte[] body, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(body) };
        foreach (var header in request.Headers.Where(header => header.Key.StartsWith("X-Telegram", StringComparison.OrdinalIgnoreCase)))
            message.Headers.TryAddWithoutValidation(header.Key, (IEnumerable<string?>)header.Value);
        using var answer = await http.SendAsync(message, cancellationToken);
        return (int)answer.StatusCode;
    }
}
