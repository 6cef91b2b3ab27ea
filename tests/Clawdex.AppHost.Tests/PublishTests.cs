using System.Text.Json;
using System.Text.RegularExpressions;
using Clawdex.Testing;

namespace Clawdex.AppHost.Tests;

/// <summary>What a deployment asks the AppHost for. azd runs exactly <c>dotnet run --project Clawdex.AppHost -- --publisher manifest --output-path F</c>.</summary>
public sealed partial class PublishTests : IDisposable
{
    private const string Secrets = """
        {
          "gemini": { "apiKey": "AIza-literal" },
          "channels": { "telegram": { "botToken": "1:token-literal", "webhookUrl": "https://bot.example/hook", "webhookSecret": "webhook-secret-literal", "claim": "the-owners-claim-literal" } },
          "ConnectionStrings": { "sessions": "Host=db.example;Password=password-literal;Database=clawdex" }
        }
        """;

    private readonly TemporaryDirectory _home = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _home.Dispose();

    [Theory]
    [InlineData("{}")]
    [InlineData("""{ "openrouter": { "apiKey": "sk-or-literal" }, "channels": { "telegram": { "botToken": "1:token-literal", "allowedUsers": [7] } } }""")]
    [InlineData(Secrets)]
    public async Task Azds_command_writes_a_manifest_that_holds_together_and_keeps_no_secret(string config)
    {
        await File.WriteAllTextAsync(_home["config.json"], config, Stop);

        await using var appHost = Start("--publisher", "manifest", "--output-path", _home["manifest.json"]);
        Assert.Equal(0, await appHost.WaitForExitAsync(Stop).WaitAsync(ClawdexApp.Patience, Stop));

        var text = await File.ReadAllTextAsync(_home["manifest.json"], Stop);
        using var manifest = JsonDocument.Parse(text);
        var resources = manifest.RootElement.GetProperty("resources");
        Assert.Superset(new HashSet<string> { "session", "llm", "gateway" }, resources.EnumerateObject().Select(resource => resource.Name).ToHashSet());
        Assert.All(resources.EnumerateObject(), resource => Assert.Contains(resource.Value.GetProperty("type").GetString(), (string[])["value.v0", "parameter.v0", "project.v0"]));
        Assert.All(Placeholder().Matches(text), placeholder => Assert.True(Resolves(resources, placeholder.Groups[1].Value.Split('.')), placeholder.Value));
        Assert.DoesNotContain("-literal", text, StringComparison.Ordinal);
        // Containers have no disk that outlives them: the store is PostgreSQL, which whoever deploys names.
        Assert.Contains("\"ConnectionStrings__sessions\": \"{sessions.connectionString}\"", text, StringComparison.Ordinal);
        Assert.True(resources.GetProperty("sessions").GetProperty("inputs").GetProperty("value").GetProperty("secret").GetBoolean());
        Assert.DoesNotContain("sessions__dataDirectory", text, StringComparison.Ordinal);
        // Whoever deploys says whose the bot is, one way or the other.
        Assert.NotEqual(text.Contains("channels__telegram__allowedUsers__0", StringComparison.Ordinal), text.Contains("\"channels__telegram__claim\": \"{telegram-claim.value}\"", StringComparison.Ordinal));
        Assert.Equal(config == Secrets ? ["gateway.webhook"] : [], ExternalBindings(resources));
        Assert.DoesNotContain(_home.FullPath, ProjectPath().Replace(text, ""), StringComparison.Ordinal);
    }

    /// <summary>azd makes the first group of bindings the main ingress, which must speak HTTP/2 where others call by gRPC.</summary>
    [Theory]
    [InlineData("session")]
    [InlineData("llm")]
    public async Task The_first_binding_of_a_service_that_is_called_by_grpc_is_http2(string service)
    {
        await using var appHost = Start("--publisher", "manifest", "--output-path", _home["manifest.json"]);
        await appHost.WaitForExitAsync(Stop).WaitAsync(ClawdexApp.Patience, Stop);

        using var manifest = JsonDocument.Parse(await File.ReadAllTextAsync(_home["manifest.json"], Stop));
        var bindings = manifest.RootElement.GetProperty("resources").GetProperty(service).GetProperty("bindings");
        Assert.Equal("http2", bindings.EnumerateObject().First().Value.GetProperty("transport").GetString());
    }

    [Theory]
    [InlineData("--operation", "publish", "--step", "publish")]
    [InlineData("--operation", "publish", "--step", "deploy")]
    [InlineData("--publisher", "docker")]
    public async Task Whatever_else_is_to_be_published_fails_with_one_sentence_that_says_what_to_use(params string[] arguments)
    {
        await using var appHost = Start(arguments);

        Assert.Equal(1, await appHost.WaitForExitAsync(Stop).WaitAsync(ClawdexApp.Patience, Stop));
        Assert.Equal("Clawdex has nothing for `aspire publish` and `aspire deploy`; deploy it with azd: `azd up`.", appHost.Output);
    }

    [Fact]
    public async Task A_sqlite_file_is_no_store_of_a_deployment()
    {
        await File.WriteAllTextAsync(_home["config.json"], """{ "ConnectionStrings": { "sessions": "Data Source=/data/clawdex.db" } }""", Stop);

        await using var appHost = Start("--publisher", "manifest", "--output-path", _home["manifest.json"]);

        Assert.Equal(1, await appHost.WaitForExitAsync(Stop).WaitAsync(ClawdexApp.Patience, Stop));
        Assert.Contains("ConnectionStrings:sessions must name a PostgreSQL server (Host=...)", appHost.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_manifest_that_cannot_be_written_fails()
    {
        await File.WriteAllTextAsync(_home["file"], "", Stop);

        await using var appHost = Start("--publisher", "manifest", "--output-path", _home["file/manifest.json"]);

        Assert.Equal(1, await appHost.WaitForExitAsync(Stop).WaitAsync(ClawdexApp.Patience, Stop));
        Assert.Contains(_home["file"], appHost.Output, StringComparison.Ordinal);
    }

    private AppHostProcess Start(params string[] arguments)
    {
        var config = File.Exists(_home["config.json"]) ? new Dictionary<string, string> { ["CLAWDEX_CONFIG_PATH"] = _home["config.json"] } : [];
        return AppHostProcess.Start(_home.FullPath, config, arguments);
    }

    private static IEnumerable<string> ExternalBindings(JsonElement resources) =>
        from resource in resources.EnumerateObject()
        where resource.Value.TryGetProperty("bindings", out _)
        from binding in resource.Value.GetProperty("bindings").EnumerateObject()
        where binding.Value.TryGetProperty("external", out var external) && external.GetBoolean()
        select $"{resource.Name}.{binding.Name}";

    /// <summary>Whether the path leads to something in the manifest; the address of a binding is only known where it is deployed.</summary>
    private static bool Resolves(JsonElement at, ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (name is "url" or "host" or "port" && at.TryGetProperty("targetPort", out _))
                return true;
            if (!at.TryGetProperty(name, out at))
                return false;
        }

        return true;
    }

    [GeneratedRegex(@"\{([\w-]+(?:\.[\w-]+)+)\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex("""
        "path": "[^"]*"
        """)]
    private static partial Regex ProjectPath();
}
