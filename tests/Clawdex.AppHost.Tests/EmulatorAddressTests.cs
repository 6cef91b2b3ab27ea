using System.Net;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Clawdex.TelegramEmulator.Control;
using Clawdex.Testing;

namespace Clawdex.AppHost.Tests;

/// <summary>The emulators as the AppHost starts them: whoever has the address from the dashboard gets in, and nobody else.</summary>
public sealed class EmulatorAddressTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    [Fact]
    public async Task The_dashboards_link_carries_what_the_chat_page_needs_and_the_bare_address_opens_nothing()
    {
        var stop = TestContext.Current.CancellationToken;
        await File.WriteAllTextAsync(_folder["config.json"], $$"""{ "sessions": { "dataDirectory": "{{_folder["data"]}}" } }""", stop);
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Clawdex_AppHost>([$"--CLAWDEX_CONFIG_PATH={_folder["config.json"]}"], stop);
        foreach (var project in builder.Resources.OfType<ProjectResource>())
            project.Annotations.Add(new EnvironmentCallbackAnnotation(context => context.EnvironmentVariables.Remove("OTEL_EXPORTER_OTLP_ENDPOINT")));
        await using var app = await builder.BuildAsync(stop);
        await app.StartAsync(stop).WaitAsync(ClawdexApp.Patience, stop);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("gateway", stop).WaitAsync(ClawdexApp.Patience, stop);

        foreach (var resource in (string[])["telegram", "gateway"])
        {
            var shown = await app.ResourceNotifications.WaitForResourceAsync(resource, seen => LinkOf(seen) is not null, stop).WaitAsync(ClawdexApp.Patience, stop);
            using var page = new TelegramEmulatorControl(new Uri(LinkOf(shown) ?? ""));
            Assert.Equal("You", Assert.Single(await page.GetChatsAsync(stop)).Title);
        }

        foreach (var (resource, path) in (IEnumerable<(string, string)>)[("telegram", "emulator/overview"), ("models", "emulator/requests"), ("models", "api/v1/models")])
        {
            using var http = new HttpClient { BaseAddress = app.GetEndpoint(resource, "http") };
            using var response = await http.GetAsync(path, stop);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        }
    }

    public void Dispose() => _folder.Dispose();

    private static string? LinkOf(ResourceEvent seen) => seen.Snapshot.Urls.FirstOrDefault(url => url.DisplayProperties.DisplayName == "Chat page" && !url.IsInactive)?.Url;
}
