using Clawdex.AppHost.Configuration;
using Clawdex.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Clawdex.AppHost.Tests;

/// <summary>Somebody who has a model server on this machine is told so, and needs one setting to use it.</summary>
public sealed class LocalModelTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _home = new();
    private readonly WebApplication _server;
    private string _list = """{"object":"list","data":[{"id":"nomic-embed-text:latest"},{"id":"llama3.2:latest"},{"id":"qwen3:8b"}]}""";

    public LocalModelTests()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _server = builder.Build();
        _server.Urls.Add("http://127.0.0.1:0");
        _server.MapGet("/v1/models", () => Results.Text(_list, "application/json"));
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private Uri Address => new(_server.Urls.Single());

    public async ValueTask InitializeAsync() => await _server.StartAsync(Cancelled);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _home.Dispose();
    }

    [Fact]
    public async Task The_start_without_a_key_says_how_to_use_the_model_server()
    {
        await using var appHost = AppHostProcess.Start(
            _home.FullPath, new Dictionary<string, string> { ["OLLAMA_HOST"] = $"127.0.0.1:{Address.Port}" }, "--emulators:chatPort=0");

        var line = await appHost.WaitForLineAsync("model server", Cancelled).WaitAsync(ClawdexApp.Patience, Cancelled);

        Assert.Equal(
            $"A model server is on this machine. To chat with its model llama3.2:latest: dotnet run --project Clawdex.AppHost -- --openrouter:baseUrl=http://localhost:{Address.Port}/v1",
            line);
    }

    [Fact]
    public void With_the_address_alone_the_servers_first_chat_model_is_the_default() => Assert.Equal("llama3.2:latest", DefaultModel());

    [Theory]
    [InlineData("""[{"id":"bare/array"}]""", "bare/array")]
    [InlineData("""{"data":[7,{"id":null},{"name":"x"},{"id":"last"}]}""", "last")]
    public void Its_list_is_read_as_servers_send_it(string list, string model)
    {
        _list = list;

        Assert.Equal(model, DefaultModel());
    }

    [Theory]
    [InlineData("""{"object":"list","data":null}""")]
    [InlineData("<html>")]
    [InlineData("7")]
    public void A_server_without_models_leaves_the_choice_to_the_user(string list)
    {
        _list = list;

        Assert.Empty(LocalModels.At(new Uri(Address, "/v1")));
        Assert.Empty(LocalModels.At(new Uri(Address, "/elsewhere/")));
    }

    private string? DefaultModel()
    {
        File.WriteAllText(_home["config.json"], "{}");
        using var configuration = new ConfigurationManager();
        configuration.AddInMemoryCollection(
        [
            new("CLAWDEX_CONFIG_PATH", _home["config.json"]), new("emulators:chatPort", "0"), new("openrouter:baseUrl", $"{Address}v1"),
        ]);
        using var errors = new StringWriter();
        Assert.True(ClawdexSettings.TryLoad(configuration, errors, out var settings), errors.ToString());
        return settings.Providers.DefaultModel;
    }
}
