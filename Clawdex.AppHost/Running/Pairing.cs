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

    private static readonly HttpClient Http = LocalCalls.CreateClient();

    public static IResourceBuilder<ProjectResource> WithPairing(this IResourceBuilder<ProjectResource> gateway, ParameterResource callSecret)
    {
        var endpoint = gateway.GetEndpoint("http");
        var shown = new ShownLink();
        gateway.ApplicationBuilder.Services.AddHostedService(services => new SpentLink(
            shown, cancel => AnswerOfAsync(HttpMethod.Get, endpoint, callSecret, cancel),
            () => ShowAsync(services.GetRequiredService<ResourceNotificationService>(), gateway.Resource, link: null)));
        return gateway
            // A restart ends the link before.
            .OnResourceReady(async (_, ready, cancellationToken) =>
            {
                if (await DrawAndShowAsync(ready.Services, cancellationToken) is { } link)
                    Console.WriteLine($"{Title}: {link}");
            })
            .WithCommand(
                "pair", "Pair",
                async command => CommandResults.Success(await DrawAndShowAsync(command.Services, command.CancellationToken) ?? NoLink),
                new CommandOptions
                {
                    Description = "Pair: draws a new link. Who opens it first, within 15 minutes, owns the bot. The link before is void.",
                    IconName = "Key",
                });

        async Task<string?> DrawAndShowAsync(IServiceProvider services, CancellationToken cancellationToken)
        {
            var link = await DrawAsync(endpoint, callSecret, cancellationToken);
            await ShowAsync(services.GetRequiredService<ResourceNotificationService>(), gateway.Resource, link);
            shown.IsThere = link is not null;
            return link;
        }
    }

    /// <summary>Shows the link in the place of the one before; null = there is none. Aspire forgets it when the gateway stops, and it is void then.</summary>
    private static Task ShowAsync(ResourceNotificationService notifications, ProjectResource gateway, string? link) =>
        notifications.PublishUpdateAsync(gateway, snapshot => snapshot with
        {
            Urls =
            [
                .. snapshot.Urls.Where(url => url.DisplayProperties.DisplayName != Title),
                .. link is null ? (UrlSnapshot[])[] : [new UrlSnapshot(null, link, IsInternal: false) { DisplayProperties = new(Title) }],
            ],
        });

    /// <summary>Null = the bot has an owner, or the gateway is not to be reached: it does not answer while another one does so for the bot.</summary>
    private static Task<string?> DrawAsync(EndpointReference endpoint, ParameterResource callSecret, CancellationToken cancellationToken) =>
        AnswerOfAsync(HttpMethod.Post, endpoint, callSecret, cancellationToken);

    /// <summary>What the gateway says of the link; null = nothing.</summary>
    private static async Task<string?> AnswerOfAsync(HttpMethod method, EndpointReference endpoint, ParameterResource callSecret, CancellationToken cancellationToken)
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

    /// <summary>Whether the dashboard shows a link.</summary>
    private sealed class ShownLink
    {
        public volatile bool IsThere;
    }

    /// <summary>Takes the link away when it is of no use any more: it was opened, or is too old.</summary>
    private sealed class SpentLink(ShownLink shown, Func<CancellationToken, Task<string?>> askAsync, Func<Task> hideAsync) : BackgroundService
    {
        private static readonly TimeSpan Look = TimeSpan.FromSeconds(3);

        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            using var timer = new PeriodicTimer(Look, TimeProvider.System);
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                if (!shown.IsThere || await askAsync(stoppingToken) is not null)
                    continue;
                shown.IsThere = false;
                await hideAsync();
            }
        }
    }
}
