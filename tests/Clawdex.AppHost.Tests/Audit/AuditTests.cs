using System.Text;
using System.Text.Json;
using Clawdex.AppHost.Audit;
using Clawdex.AppHost.Configuration;
using Clawdex.ServiceDefaults.Files;
using Clawdex.Testing;
using Microsoft.Extensions.Configuration;

namespace Clawdex.AppHost.Tests.Audit;

/// <summary><c>dotnet run --project Clawdex.AppHost -- audit</c>.</summary>
public sealed class AuditTests : IDisposable
{
    /// <summary>A bot whose people and provider are set up, and nothing else.</summary>
    private static readonly (string Key, string Value)[] Bot = [("channels:telegram:botToken", "1:hush-hush"), ("gemini:apiKey", "hush-hush"), ("channels:telegram:allowedUsers:0", "42")];

    private readonly TemporaryDirectory _home = new();

    public static TheoryData<string> Secrets => [.. ClawdexKeys.Known.All.Where(key => key.IsSecret).Select(key => key.Name)];

    [Fact]
    public void A_first_start_with_emulators_has_nothing_open() =>
        Assert.All(Find().Where(finding => finding.Area != "files"), finding => Assert.Equal(Severity.Ok, finding.Severity));

    [Fact]
    public void Each_check_says_something_whatever_is_configured()
    {
        string[] areas = ["settings", "access", "files", "urls", "secrets", "budgets", "models", "addresses", "telemetry"];

        Assert.Equal(areas.Order(), Find().Select(finding => finding.Area).Distinct().Order());
        Assert.Equal(areas.Order(), Find(Bot).Select(finding => finding.Area).Distinct().Order());
    }

    [Theory]
    [InlineData("channels:telegram:allowedUsers:0", "", Severity.Ok, "access: nobody may use the bot but who claimed it, and whom he lets in")]
    [InlineData("channels:telegram:allowedUsers:0", "*", Severity.Critical, "access: everyone on Telegram may use the bot, at your cost → name people by their numbers in channels:telegram:allowedUsers, or leave it out and claim the bot")]
    [InlineData("channels:telegram:everyoneIsOwner", "true", Severity.Critical, "access: everyone on Telegram is the bot's owner → leave channels:telegram:everyoneIsOwner out: it is for the emulator")]
    [InlineData("channels:telegram:allowRequests", "true", Severity.Warning, "access: strangers may ask you to let them in → set channels:telegram:allowRequests to false when nobody new is to come")]
    [InlineData("channels:telegram:allowedUsers:0", "42", Severity.Ok, "access: nobody may use the bot but whom channels:telegram:allowedUsers names (1)")]
    [InlineData("channels:telegram:webhookUrl", "http://bot.example/x", Severity.Warning, "urls: channels:telegram:webhookUrl goes to another machine in plain text → use https")]
    [InlineData("channels:telegram:webhookUrl", "https://bot.example/x", Severity.Ok, "urls: what leaves this machine is encrypted")]
    [InlineData("ConnectionStrings:sessions", "Host=db.example;Password=hush", Severity.Warning, "urls: ConnectionStrings:sessions is encrypted, but whoever stands between can pass for the server → add SSL Mode=VerifyFull, and Root Certificate=… where no known authority signed the server's")]
    [InlineData("ConnectionStrings:sessions", "Host=127.0.0.1,db.example;SSL Mode=Require", Severity.Warning, "urls: ConnectionStrings:sessions is encrypted, but whoever stands between can pass for the server → add SSL Mode=VerifyFull, and Root Certificate=… where no known authority signed the server's")]
    [InlineData("ConnectionStrings:sessions", "Host=db.example;SslMode=Prefer", Severity.Warning, "urls: ConnectionStrings:sessions may go to another machine in plain text (SSL Mode=Prefer) → use SSL Mode=VerifyFull")]
    [InlineData("ConnectionStrings:sessions", "Host=10.0.0.7:5433;SSL Mode=Disable", Severity.Warning, "urls: ConnectionStrings:sessions may go to another machine in plain text (SSL Mode=Disable) → use SSL Mode=VerifyFull")]
    [InlineData("ConnectionStrings:sessions", "Host=db.example;SSL Mode=VerifyFull", Severity.Ok, "urls: what leaves this machine is encrypted")]
    [InlineData("ConnectionStrings:sessions", "Host=/run/postgresql", Severity.Ok, "urls: what leaves this machine is encrypted")]
    [InlineData("ConnectionStrings:sessions", "Server=localhost:5433,127.0.0.1,::1;SSL Mode=Disable", Severity.Ok, "urls: what leaves this machine is encrypted")]
    [InlineData("Kestrel:Endpoints:http:Url", "nonsense", Severity.Ok, "addresses: everything listens to this machine alone")]
    [InlineData("agent:model", "gemini/gemini-2.5-flash", Severity.Warning, "models: whoever may chat may choose any model, the dearest as well → list patterns in agent:allowedModels")]
    [InlineData("agent:allowedModels:0", "*", Severity.Warning, "models: whoever may chat may choose any model, also one that nobody knows: * in agent:allowedModels is all of them → list narrower patterns")]
    [InlineData("agent:allowedModels:0", "*/*", Severity.Warning, "models: whoever may chat may choose any model, also one that nobody knows: */* in agent:allowedModels is all of them → list narrower patterns")]
    [InlineData("agent:allowedModels:0", "openai/*", Severity.Ok, "models: only models that you have allowed can be chosen")]
    [InlineData("agent:limits:tokensPerDay", "0", Severity.Warning, "budgets: tokens that all may use in a day: unlimited → set agent:limits:tokensPerDay")]
    [InlineData("agent:limits:tokensPerDay", "5000", Severity.Ok, "budgets: each of agent:limits is set")]
    [InlineData("Kestrel:Endpoints:webhook:Url", "http://0.0.0.0:5101", Severity.Warning, "addresses: Kestrel:Endpoints:webhook:Url lets other machines in, without TLS of its own → listen on localhost, behind a proxy that ends TLS")]
    [InlineData("Kestrel:Endpoints:webhook:Url", "http://localhost:5101", Severity.Ok, "addresses: everything listens to this machine alone")]
    [InlineData("ASPNETCORE_URLS", "http://localhost:1;http://*:2", Severity.Warning, "addresses: ASPNETCORE_URLS lets other machines in, without TLS of its own → listen on localhost, behind a proxy that ends TLS")]
    [InlineData("URLS", "http://0.0.0.0:1", Severity.Warning, "addresses: URLS lets other machines in, without TLS of its own → listen on localhost, behind a proxy that ends TLS")]
    [InlineData("ASPNETCORE_HTTP_PORTS", "8080", Severity.Warning, "addresses: ASPNETCORE_HTTP_PORTS lets other machines in, without TLS of its own → listen on localhost, behind a proxy that ends TLS")]
    [InlineData("HTTPS_PORTS", "8443", Severity.Warning, "addresses: HTTPS_PORTS lets other machines in, without TLS of its own → listen on localhost, behind a proxy that ends TLS")]
    [InlineData("ASPNETCORE_HTTP_PORTS", " ", Severity.Ok, "addresses: everything listens to this machine alone")]
    [InlineData("emulator:host", "my.machine", Severity.Warning, "addresses: an emulator answers to a name besides this machine's (emulator:host) → leave it out")]
    [InlineData("ASPIRE_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS", "true", Severity.Critical, "addresses: the dashboard, which shows every setting, lets everyone in → leave ASPIRE_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS out")]
    [InlineData("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true", Severity.Warning, "telemetry: people's messages are recorded in traces → leave OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT out")]
    internal void What_is_open_is_one_line_with_what_to_do(string key, string value, Severity severity, string line)
    {
        var bot = key.StartsWith("channels:telegram:allowedUsers", StringComparison.Ordinal) ? Bot[..^1] : Bot;

        var findings = Find([.. bot, .. value.Length > 0 ? [(key, value)] : Array.Empty<(string, string)>()]);

        Assert.Contains($"{severity.ToString().ToLowerInvariant(),-9} {line}", findings.Select(finding => finding.ToString()));
        Assert.DoesNotContain("hush", string.Join('\n', findings), StringComparison.Ordinal);
    }

    /// <summary>A new secret is covered by its attribute alone.</summary>
    [Theory]
    [MemberData(nameof(Secrets))]
    public void Each_secret_is_found_in_the_environment_on_the_command_line_and_in_a_file_that_others_read(string key)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Modes are Unix's.");
        var variable = $"TEST_AUDIT_{key.Replace(":", "__", StringComparison.Ordinal)}";
        File.WriteAllText(_home["secret"], "1:abcdefghijklmnopqrstuvwxyz0123456789");
        LetOthersRead(_home["secret"]);

        Assert.Contains(Find([], variables: [variable]), finding => finding is { Severity: Severity.Warning, Area: "secrets" } && finding.What.StartsWith(variable, StringComparison.Ordinal));
        Assert.Contains(Find([], arguments: [$"--{key}=hush"]), finding => finding is { Severity: Severity.Critical, Area: "settings" } && finding.What.StartsWith(key, StringComparison.Ordinal));
        Assert.Contains(Find(($"{key}File", _home["secret"])), finding => finding is { Severity: Severity.Critical, Area: "files" } && finding.What.StartsWith(_home["secret"], StringComparison.Ordinal));
    }

    [Fact]
    public void A_config_file_with_keys_that_others_can_read_is_critical()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Modes are Unix's.");
        File.WriteAllText(_home["config.json"], """{ "gemini": { "apiKey": "hush-hush" } }""");
        LetOthersRead(_home["config.json"]);

        Assert.Contains(new Finding(Severity.Critical, "files", $"{_home["config.json"]} is open to other accounts of this machine", $"chmod go= '{_home["config.json"]}'"), Find(config: false));
        Assert.True(OwnerOnly.IsOpen(_home["config.json"]), "an audit changes nothing");
    }

    [Theory]
    [InlineData("{ \"agent\": ", "this is not valid JSON")]
    [InlineData("{ \"agent\": { \"modle\": \"x\" } }", "agent:modle is no setting of Clawdex; did you mean agent:model?")]
    [InlineData("{ \"channels\": { \"telegram\": { \"botTokenFile\": \"a\\u0000b\" } } }", "channels:telegram:botTokenFile holds a NUL character")]
    public void What_is_broken_is_said_and_critical(string json, string problem)
    {
        File.WriteAllText(_home["config.json"], json);
        using var output = new StringWriter();

        Assert.Equal(2, AuditCommand.Run(Configuration(config: false), asJson: false, output));
        Assert.Contains(problem, output.ToString(), StringComparison.Ordinal);
        Assert.Contains("1 critical", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_reads_it_as_json_and_by_the_exit_code()
    {
        using var output = new StringWriter();

        Assert.Equal(1, AuditCommand.Run(Configuration([.. Bot, ("agent:limits:tokensPerDay", "0")]), asJson: true, output));

        using var json = JsonDocument.Parse(output.ToString());
        var budget = json.RootElement.EnumerateArray().First(finding => finding.GetProperty("area").GetString() == "budgets");
        Assert.Equal(("warning", "set agent:limits:tokensPerDay"), (budget.GetProperty("severity").GetString(), budget.GetProperty("toDo").GetString()));
    }

    [Theory]
    [InlineData("audit", true, false, "")]
    [InlineData("audit --json --agent:model=x", true, true, "--agent:model=x")]
    [InlineData("--agent:model=x audit --json", true, true, "--agent:model=x")]
    [InlineData("--json audit", true, true, "")]
    [InlineData("--agent:model x Audit", true, false, "--agent:model x")]
    [InlineData("--audit", true, false, "")]
    [InlineData("--agent:systemPrompt=audit --json", false, false, "--agent:systemPrompt=audit --json")]
    public void The_command_leaves_the_settings_to_the_configuration(string line, bool isRequested, bool asJson, string settings)
    {
        Assert.Equal(isRequested, AuditCommand.IsRequested(line.Split(' '), out var json, out var rest));
        Assert.Equal((asJson, settings), (json, string.Join(' ', rest)));
    }

    [Fact]
    public async Task It_starts_nothing_and_says_how_it_stands()
    {
        var stop = TestContext.Current.CancellationToken;

        await using var appHost = AppHostProcess.Start(_home.FullPath, "audit");

        Assert.Equal(0, await appHost.WaitForExitAsync(stop).WaitAsync(ClawdexApp.Patience, stop));
        Assert.EndsWith("0 critical, 0 warnings", appHost.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_home[".clawdex"]));
    }

    [Fact]
    public async Task The_bot_that_the_readme_sets_up_has_nothing_critical_open()
    {
        var stop = TestContext.Current.CancellationToken;
        var readme = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "README.md"), stop);
        var settings = readme.Split("```json")[1].Split("```")[0];
        OwnerOnly.CreateDirectory(_home[".clawdex"]);
        await using (var file = OwnerOnly.Open(_home[".clawdex/config.json"], FileMode.CreateNew))
            await file.WriteAsync(Encoding.UTF8.GetBytes(settings.Replace("...", "abcdefghijklmnop", StringComparison.Ordinal)), stop);

        await using var appHost = AppHostProcess.Start(_home.FullPath, "audit");

        Assert.Equal(1, await appHost.WaitForExitAsync(stop).WaitAsync(ClawdexApp.Patience, stop));
        Assert.Contains("access: nobody may use the bot but who claimed it, and whom he lets in", appHost.Output, StringComparison.Ordinal);
        Assert.Contains("\n0 critical, ", appHost.Output, StringComparison.Ordinal);
    }

    public void Dispose() => _home.Dispose();

    private static void LetOthersRead(string path)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
    }

    private IReadOnlyList<Finding> Find(params (string Key, string Value)[] values) => Find(values, [], []);

    private IReadOnlyList<Finding> Find(bool config) => [.. AuditCommand.Find(Configuration(config), [], [])];

    private IReadOnlyList<Finding> Find((string Key, string Value)[] values, string[]? arguments = null, string[]? variables = null) =>
        [.. AuditCommand.Find(Configuration(values), arguments ?? [], variables ?? [])];

    private ConfigurationManager Configuration(bool config) => config ? Configuration([]) : Configured([]);

    private ConfigurationManager Configuration((string Key, string Value)[] values)
    {
        File.WriteAllText(_home["config.json"], "{}");
        return Configured(values);
    }

    private ConfigurationManager Configured((string Key, string Value)[] values)
    {
        var configuration = new ConfigurationManager();
        configuration.AddInMemoryCollection(
        [
            new("CLAWDEX_CONFIG_PATH", _home["config.json"]), new("sessions:dataDirectory", _home["data"]),
            .. values.Select(value => KeyValuePair.Create(value.Key, (string?)value.Value)),
        ]);
        return configuration;
    }
}
