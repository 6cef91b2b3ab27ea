namespace Clawdex.AppHost.Running;

/// <summary>The last lines of a start: where to write to the bot, and where to look at the system.</summary>
internal static class Addresses
{
    private const string DashboardName = "aspire-dashboard";

    /// <summary>
    /// Names the place where the bot is written to, in the dashboard as an address of the gateway, and on the console below the
    /// dashboard's as soon as a message would be answered.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithChatAddress(
        this IResourceBuilder<ProjectResource> gateway, string name, EndpointReference endpoint, string path = "")
    {
        var builder = gateway.ApplicationBuilder;
        EndpointReference? dashboard = null;
        // Aspire adds the dashboard to the model when everything else is in it.
        builder.Eventing.Subscribe<ResourceReadyEvent>((ready, _) =>
        {
            if (ready.Resource is IResourceWithEndpoints { Name: DashboardName } resource)
                dashboard = resource.GetEndpoint("http");
            return Task.CompletedTask;
        });

        var printed = false;
        return gateway.WithUrl($"{endpoint}{path}", name).OnResourceReady((_, _, _) =>
        {
            // Ready again after a restart: nothing new.
            if (printed)
                return Task.CompletedTask;
            printed = true;
            if (dashboard is not null)
                Console.WriteLine($"Dashboard: {dashboard.Url}/login?t={builder.Configuration["AppHost:BrowserToken"]}");
            Console.WriteLine($"{name}: {endpoint.Url}{path}");
            return Task.CompletedTask;
        });
    }
}
