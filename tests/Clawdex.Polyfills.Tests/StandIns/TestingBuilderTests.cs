using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Clawdex.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Clawdex.Polyfills.Tests.StandIns;

/// <summary>An AppHost's entry point inside a test.</summary>
public sealed class TestingBuilderTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_application_of_an_AppHost_starts_answers_and_ends()
    {
        await using var builder = await CreateAsync("--texts:greeting=good day");
        await using var app = await builder.BuildAsync(Cancellation);
        await app.StartAsync(Cancellation);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("frontend", Cancellation).WaitAsync(RunningApplication.Patience, Cancellation);

        using var client = RunningApplication.ClientOf(app, "backend");
        var environment = await TestService.EnvironmentAsync(client, Cancellation);

        Assert.Equal("good day", environment["GREETING"]);
        Assert.StartsWith($"Data Source={_folder["test.db"]};", environment["ConnectionStrings__db"], StringComparison.Ordinal);

        await app.StopAsync(Cancellation);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri("/health", UriKind.Relative), Cancellation));
    }

    [Fact]
    public async Task Configuration_comes_from_the_arguments_and_the_launch_profile_and_can_be_changed()
    {
        await using var builder = await CreateAsync("--channels:telegram:botToken=123:abc");
        builder.Configuration["from:test"] = "yes";

        Assert.Equal("123:abc", builder.Configuration["channels:telegram:botToken"]);
        Assert.Equal("yes", builder.Configuration["from:test"]);
        Assert.Equal("yes", builder.Configuration["FROM_LAUNCH_PROFILE"]);
        Assert.True(builder.Environment.IsDevelopment());
        Assert.Equal("Clawdex.Polyfills.Tests.AppHost", builder.Environment.ApplicationName);
        Assert.Equal(Projects.Clawdex_Polyfills_Tests_AppHost.ProjectPath, builder.Environment.ContentRootPath.TrimEnd('/'));
    }

    [Fact]
    public async Task What_the_AppHost_added_can_be_changed_before_it_is_built()
    {
        await using var builder = await CreateAsync();
        builder.Configuration["texts:greeting"] = "changed";
        builder.Services.AddSingleton("a service of the test");
        builder.CreateResourceBuilder(builder.Resources.OfType<ProjectResource>().Single(resource => resource.Name == "backend"))
            .WithEnvironment("ADDED", "by the test");

        await using var app = await builder.BuildAsync(Cancellation);
        await app.StartAsync(Cancellation);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("backend", Cancellation).WaitAsync(RunningApplication.Patience, Cancellation);
        using var client = RunningApplication.ClientOf(app, "backend");
        var environment = await TestService.EnvironmentAsync(client, Cancellation);

        Assert.Equal("changed", environment["GREETING"]);
        Assert.Equal("by the test", environment["ADDED"]);
        Assert.Equal("a service of the test", app.Services.GetRequiredService<string>());
    }

    [Fact]
    public async Task Several_applications_of_one_AppHost_run_at_once()
    {
        var clients = await Task.WhenAll(Enumerable.Range(0, 2).Select(async number =>
        {
            var builder = await CreateAsync($"--texts:greeting={number}", "--port=5000");
            var app = await builder.BuildAsync(Cancellation);
            await app.StartAsync(Cancellation);
            await app.ResourceNotifications.WaitForResourceHealthyAsync("backend", Cancellation).WaitAsync(RunningApplication.Patience, Cancellation);
            return (App: app, Client: RunningApplication.ClientOf(app, "backend"));
        }));

        Assert.Equal(2, clients.Select(entry => entry.Client.BaseAddress).Distinct().Count());
        for (var number = 0; number < clients.Length; number++)
        {
            var environment = await TestService.EnvironmentAsync(clients[number].Client, Cancellation);
            Assert.Equal($"{number}", environment["GREETING"]);
            clients[number].Client.Dispose();
        }

        await Task.WhenAll(clients.Select(entry => entry.App.DisposeAsync().AsTask()));
    }

    [Fact]
    public async Task An_entry_point_that_throws_fails_the_creation_with_its_exception()
    {
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => CreateAsync("--fails=for a reason"));

        Assert.Equal("for a reason", exception.Message);
    }

    [Fact]
    public async Task A_builder_that_is_never_built_ends_its_entry_point()
    {
        var builder = await CreateAsync();

        await builder.DisposeAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(() => builder.BuildAsync(Cancellation));
    }

    private Task<IDistributedApplicationTestingBuilder> CreateAsync(params string[] args) =>
        DistributedApplicationTestingBuilder.CreateAsync<Projects.Clawdex_Polyfills_Tests_AppHost>([$"--folder={_folder.FullPath}", .. args], Cancellation);
}
