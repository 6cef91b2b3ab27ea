using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Clawdex.Testing;

namespace Clawdex.AppHost.Tests;

/// <summary>What the settings put into the application model; nothing of it is started.</summary>
public sealed class AppModelTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Nothing_of_the_default_needs_a_container_engine()
    {
        await using var builder = await BuildAsync();

        Assert.Empty(builder.Resources.OfType<ContainerResource>());
    }

    [Fact]
    public async Task PostgreSQL_in_a_container_keeps_the_conversations_where_that_is_asked_for()
    {
        await using var builder = await BuildAsync("local:postgres=true");

        var server = Assert.Single(builder.Resources.OfType<PostgresServerResource>());
        Assert.Equal("library/postgres", Assert.Single(server.Annotations.OfType<ContainerImageAnnotation>()).Image);
        var volume = Assert.Single(server.Annotations.OfType<ContainerMountAnnotation>());
        Assert.Equal((ContainerMountType.Volume, "clawdex-emulator"), (volume.Type, volume.Source));
        Assert.True(server.PasswordParameter.Secret);
        var database = Assert.Single(builder.Resources.OfType<PostgresDatabaseResource>());
        Assert.Equal(("sessions", "clawdex"), (database.Name, database.DatabaseName));
        var session = builder.Resources.OfType<ProjectResource>().Single(project => project.Name == "session");
        Assert.Contains(session.Annotations.OfType<WaitAnnotation>(), wait => wait.Resource == database);
        Assert.Contains(session.Annotations.OfType<ResourceRelationshipAnnotation>(), relation => relation.Resource == database && relation.Type == "Reference");
        // The SQLite file and its backup are no part of it.
        Assert.DoesNotContain(session.Annotations.OfType<ResourceCommandAnnotation>(), command => command.Name == "back-up");
        Assert.False(File.Exists(_folder["data/clawdex.db"]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Several_processes_of_a_service_are_behind_one_address_and_a_single_one_has_no_proxy_before_it(int replicas)
    {
        await using var builder = await BuildAsync($"local:replicas={replicas}", "local:postgres=true");

        Assert.Equal([("gateway", replicas), ("llm", replicas), ("models", 1), ("session", replicas), ("telegram", 1)], Replicas(builder));
        foreach (var project in builder.Resources.OfType<ProjectResource>())
            Assert.All(project.Annotations.OfType<EndpointAnnotation>(), endpoint => Assert.Equal(project.GetReplicaCount() > 1, endpoint.IsProxied));
    }

    [Fact]
    public async Task Deliveries_of_Telegram_to_several_gateways_come_to_the_port_that_a_single_one_has()
    {
        await using var builder = await BuildAsync(
            "local:replicas=3", "local:postgres=true", "channels:telegram:botToken=1:a", "channels:telegram:allowedUsers:0=7", "channels:telegram:webhookUrl=https://bot.example/hook");

        var gateway = builder.Resources.OfType<ProjectResource>().Single(project => project.Name == "gateway");
        var webhook = gateway.Annotations.OfType<EndpointAnnotation>().Single(endpoint => endpoint.Name == "webhook");
        Assert.Equal((5101, true), (webhook.Port, webhook.IsProxied));
    }

    private static IEnumerable<(string Name, int Replicas)> Replicas(IDistributedApplicationTestingBuilder builder) =>
        builder.Resources.OfType<ProjectResource>().Select(project => (project.Name, project.GetReplicaCount())).Order();

    private async Task<IDistributedApplicationTestingBuilder> BuildAsync(params string[] settings)
    {
        await File.WriteAllTextAsync(_folder["config.json"], $$"""{ "sessions": { "dataDirectory": "{{_folder["data"]}}" } }""", Stop);
        return await DistributedApplicationTestingBuilder.CreateAsync<Projects.Clawdex_AppHost>(
            [$"--CLAWDEX_CONFIG_PATH={_folder["config.json"]}", .. settings.Select(setting => $"--{setting}")], Stop);
    }
}
