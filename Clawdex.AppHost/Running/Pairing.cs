using System.Net.Http.Headers;
using Clawdex.ServiceDefaults;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Clawdex.AppHost.Running;

/// <summary>
/// The link that makes its first opener the bot's owner: at the start, as long as nobody is, it is printed and stands in the dashboard
/// among the gateway's addresses, until it was opened or is too old; a command of the gateway's draws it anew. The gateway draws it, for who knows the services' secret;
/// it is in no environment and no log.
/// </summary>
internal static class Pairing
{
    private const string Title = "Make it yours";

    private const string NoLink = "There is no link: the bot has an owner already, or the gateway is just ending.";

    public static IResourceBuilder<ProjectResource> WithPairing(this IResourceBuilder<ProjectResource> gateway, ParameterResource callSecret)
    {
        var endpoint = gateway.GetEndpoint("http");
        gateway.ApplicationBuilder.Services
            .AddSingleton(services => new Link(gateway.Resource, endpoint, callSecret, services.GetRequiredService<ResourceNotificationService>()))
            .AddHostedService(services => services.GetRequiredService<Link>());
        return gateway
            // A restart ends the link before.
            .OnResourceReady(async (_, ready, cancellationToken) =>
            {
                if (await ready.Services.GetRequiredService<Link>().DrawAsync(cancellationToken) is { } link)
                    Console.WriteLine($"{Title}: {link}");
            })
            .WithCommand(
                "pair", "Pair",
                async command => CommandResults.Success(await command.Services.GetRequiredService<Link>().DrawAsync(command.CancellationToken) ?? NoLink),
                new CommandOptions
                {
                    Description = "Pair: draws a new link. Who opens it first, within 15 minutes, owns the bot. The link before is void.",
                    IconName = "Key",
                });
    }

    /// <summary>The link in the dashboard. It is taken away when it is of no use any more: it was opened, or is too old.</summary>
    private sealed class Link(
        ProjectResource gateway, EndpointReference endpoint, ParameterResource callSecret, ResourceNotificationService notifications) : BackgroundService
    {
        private static readonly TimeSpan Look = TimeSpan.FromSeconds(3);

        private static readonly HttpClient Http = LocalCalls.CreateClient();

        private volatile bool _isShown;

        /// <summary>Draws a link, and shows it. Null = the bot has an owner, or the gateway is not to be reached: it does not answer while another one does so for the bot.</summary>
        public async Task<string?> DrawAsync(CancellationToken cancellationToken)
        {
            var link = await AnswerOfAsync(HttpMethod.Post, cancellationToken);
            await ShowAsync(link);
            _isShown = link is not null;
            return link;
        }

        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            using var timer = new PeriodicTimer(Look, TimeProvider.System);
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                if (!_isShown || await AnswerOfAsync(HttpMethod.Get, stoppingToken) is not null)
                    continue;
                _isShown = false;
                await ShowAsync(link: null);
            }
        }

        /// <summary>Shows the link in the place of the one before; null = there is none. Aspire forgets it when the gateway stops, and it is void then.</summary>
        private Task ShowAsync(string? link) => notifications.PublishUpdateAsync(gateway, snapshot => snapshot with
        {
            Urls =
            [
                .. snapshot.Urls.Where(url => url.DisplayProperties.DisplayName != Title),
                .. link is null ? (UrlSnapshot[])[] : [new UrlSnapshot(null, link, IsInternal: false) { DisplayProperties = new(Title) }],
            ],
        });

        /// <summary>What the gateway says of the link; null = nothing.</summary>
        private async Task<string?> AnswerOfAsync(HttpMethod method, CancellationToken cancellationToken)
        {
            using var request = new HttpRequestMessage(method, new Uri(new Uri(endpoint.Url), "/claim"));
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await callSecret.GetValueAsync(cancellationToken));
            try
            {
                using var answer = await Http.SendAsync(request, cancellationToken);
                return answer.IsSuccessStatusCode ? await answer.Content.ReadAsStringAsync(cancellationToken) : null;
            }
            catch (Exception error) when (error is HttpRequestException || error is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                return null;
            }
        }
    }
}
