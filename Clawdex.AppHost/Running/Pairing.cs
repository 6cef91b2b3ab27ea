using System.Net.Http.Headers;
using Clawdex.ServiceDefaults;
using Microsoft.Extensions.DependencyInjection;

namespace Clawdex.AppHost.Running;

/// <summary>
/// The link that makes its first opener the bot's owner: at the start, as long as nobody is, it is printed and stands in the dashboard
/// among the gateway's addresses; a command of the gateway's draws it anew. The gateway draws it, for who knows the services' secret;
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

    /// <summary>Null = the bot has an owner, or the gateway is not to be reached.</summary>
    private static async Task<string?> DrawAsync(EndpointReference endpoint, ParameterResource callSecret, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(new Uri(endpoint.Url), "/claim"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await callSecret.GetValueAsync(cancellationToken));
        try
        {
            using var answer = await Http.SendAsync(request, cancellationToken);
            return answer.IsSuccessStatusCode ? await answer.Content.ReadAsStringAsync(cancellationToken) : null;
        }
        // It does not answer while another gateway does so for the bot.
        catch (Exception error) when (error is HttpRequestException || error is OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
