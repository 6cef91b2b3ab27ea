using System.Net;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Clawdex.Testing;

namespace Clawdex.Polyfills.Tests.StandIns;

/// <summary>What a project is told when it starts, and which endpoints it has.</summary>
public sealed class EnvironmentTests : IDisposable
{
    private const string TwoKestrelEndpoints = """
        {
          // Comments are fine in settings.
          "Kestrel": { "Endpoints": {
            "http": { "Url": "http://localhost:5110", "Protocols": "Http1" },
            "grpc": { "Url": "http://localhost:5111", "Protocols": "Http2" } } }
        }
        """;

    private readonly TemporaryDirectory _folder = new();
    private readonly IDistributedApplicationBuilder _builder = TestService.NewBuilder("--texts:greeting=hello");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_project_is_told_about_what_it_references()
    {
        var database = _builder.AddSqlite("db", _folder["data"], "test.db");
        var backend = _builder.AddProject("my-backend", TestService.In(_folder, TwoKestrelEndpoints));
        _builder.AddProject("frontend", Path.Combine(_folder["elsewhere"], "Frontend.csproj"))
            .WithHttpEndpoint()
            .WithReference(backend)
            .WithReference(database);

        await using var running = await RunningApplication.StartAsync(_builder);
        await running.HealthyAsync("my-backend");
        var environment = await TestEnvironment.OfAsync(running.App, "frontend", Cancellation);

        var http = backend.GetEndpoint("http").Url;
        var grpc = backend.GetEndpoint("grpc").Url;
        Assert.Equal(http, environment["services__my-backend__http__0"]);
        Assert.Equal(grpc, environment["services__my-backend__grpc__0"]);
        Assert.Equal(http, environment["MY_BACKEND_HTTP"]);
        Assert.Equal(grpc, environment["MY_BACKEND_GRPC"]);
        Assert.Equal($"Data Source={_folder["data/test.db"]};Cache=Shared;Mode=ReadWriteCreate", environment["ConnectionStrings__db"]);
        Assert.Equal(_folder["data/test.db"], environment["DB_DATASOURCE"]);
        Assert.True(File.Exists(_folder["data/test.db"]));
        Assert.StartsWith("http://localhost:", environment["ASPNETCORE_URLS"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Values_of_every_kind_reach_the_project()
    {
        var parameter = _builder.AddParameter("greeting", () => _builder.Configuration["texts:greeting"] ?? "", secret: true);
        var service = _builder.AddProject("service", TestService.In(_folder)).WithHttpEndpoint();
        service
            .WithEnvironment("PLAIN", "text")
            .WithEnvironment("EMPTY", (string?)null)
            .WithEnvironment("PARAMETER", parameter)
            .WithEnvironment("ENDPOINT", service.GetEndpoint("http"))
            .WithEnvironment("EXPRESSION", ReferenceExpression.Create($"{service.GetEndpoint("http")}/{{{parameter.Resource}}}"))
            .WithEnvironment(context => { context.EnvironmentVariables["CALLBACK"] = 7; });

        await using var running = await RunningApplication.StartAsync(_builder.WithHealth("service"));
        await running.HealthyAsync("service");
        using var client = running.Client("service");
        var environment = await TestService.EnvironmentAsync(client, Cancellation);

        Assert.Equal("text", environment["PLAIN"]);
        Assert.Equal("", environment.GetValueOrDefault("EMPTY", ""));
        Assert.Equal("hello", environment["PARAMETER"]);
        Assert.Equal(client.BaseAddress?.GetLeftPart(UriPartial.Authority), environment["ENDPOINT"]);
        Assert.Equal($"{environment["ENDPOINT"]}/{{hello}}", environment["EXPRESSION"]);
        Assert.Equal("7", environment["CALLBACK"]);
    }

    [Fact]
    public async Task Telemetry_has_the_resource_name_and_goes_nowhere_without_a_dashboard()
    {
        _builder.AddProject("service", TestService.In(_folder)).WithHttpEndpoint();

        await using var running = await RunningApplication.StartAsync(_builder.WithHealth("service"));
        await running.HealthyAsync("service");
        using var client = running.Client("service");
        var environment = await TestService.EnvironmentAsync(client, Cancellation);

        Assert.Equal("service", environment["OTEL_SERVICE_NAME"]);
        Assert.StartsWith("service.instance.id=", environment["OTEL_RESOURCE_ATTRIBUTES"], StringComparison.Ordinal);
        Assert.DoesNotContain("OTEL_EXPORTER_OTLP_ENDPOINT", environment);
        Assert.DoesNotContain("DOTNET_LAUNCH_PROFILE", environment);
    }

    [Fact]
    public void A_launch_profile_is_refused_unless_it_is_excluded()
    {
        var project = TestService.In(_folder, launchSettings: """{ "profiles": { "http": { "commandName": "Project", "applicationUrl": "http://localhost:5123" } } }""");

        var exception = Assert.Throws<DistributedApplicationException>(() => _builder.AddProject("with", project));
        var without = _builder.AddProject("without", project, excludeLaunchProfile: true);

        Assert.Contains("'with' has launch profiles", exception.Message, StringComparison.Ordinal);
        Assert.Empty(without.Resource.GetEndpoints());
    }

    [Fact]
    public async Task Kestrel_endpoints_of_the_settings_keep_their_names_and_protocols_on_other_ports()
    {
        var service = _builder.AddProject("service", TestService.In(_folder, TwoKestrelEndpoints)).WithHttpHealthCheck("/health", endpointName: "http");

        await using var running = await RunningApplication.StartAsync(_builder);
        await running.HealthyAsync("service");
        using var http = running.Client("service", "http");
        using var grpc = running.Client("service", "grpc");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/protocol") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var response = await grpc.SendAsync(request, Cancellation);
        var environment = await TestService.EnvironmentAsync(http, Cancellation);

        Assert.Equal("HTTP/1.1", await http.GetStringAsync("/protocol", Cancellation));
        Assert.Equal("HTTP/2", await response.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal(service.GetEndpoint("http").Url, environment["Kestrel__Endpoints__http__Url"]);
        Assert.Equal("http2", service.GetEndpoint("grpc").EndpointAnnotation.Transport);
        Assert.NotEqual(5110, service.GetEndpoint("http").Port);
    }

    [Fact]
    public void A_Kestrel_endpoint_that_is_alone_with_its_scheme_is_named_after_it()
    {
        var project = TestService.In(_folder, """{ "Kestrel": { "Endpoints": { "main": { "Url": "http://*:5110" } } } }""");

        var endpoint = Assert.Single(_builder.AddProject("service", project).Resource.GetEndpoints());

        Assert.Equal("http", endpoint.EndpointName);
        Assert.Equal("*", endpoint.EndpointAnnotation.TargetHost);
        Assert.Equal(5110, endpoint.EndpointAnnotation.Port);
    }

    [Fact]
    public async Task A_parameter_without_a_value_stops_only_who_needs_it_and_names_its_key()
    {
        var log = CapturedLog.Of(_builder);
        var project = TestService.In(_folder);
        _builder.AddProject("needs", project).WithEnvironment("TOKEN", _builder.AddParameter("token", secret: true));
        _builder.AddProject("other", project).WithHttpEndpoint();

        await using var running = await RunningApplication.StartAsync(_builder.WithHealth("other"));
        await running.HealthyAsync("other");
        await running.StateAsync("needs", KnownResourceStates.FailedToStart);

        Assert.Equal(KnownResourceStates.ValueMissing, running.StateOf("token").State?.Text);
        Assert.Contains("needs failed to start: Parameter resource 'token' could not be used because configuration key 'Parameters:token' is missing", log.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1st")]
    [InlineData("two--hyphens")]
    [InlineData("under_score")]
    public void A_name_that_no_host_could_have_is_refused(string name) =>
        Assert.Throws<ArgumentException>(() => _builder.AddParameter(name));

    [Fact]
    public void A_name_is_given_once()
    {
        _builder.AddParameter("name");

        Assert.Throws<DistributedApplicationException>(() => _builder.AddParameter("NAME"));
    }
}
