using Clawdex.AppHost.Configuration;
using Clawdex.Testing;
using Microsoft.Extensions.Configuration;

namespace Clawdex.AppHost.Tests.Configuration;

/// <summary>Where a secret may stand: whatever has the attribute may stand in a file, and never on a command line.</summary>
public sealed class SecretPlacesTests : IDisposable
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyz0123456789-_AB";

    private readonly TemporaryDirectory _folder = new();

    public static TheoryData<string> Secrets => [.. ClawdexKeys.Known.All.Where(key => key.IsSecret).Select(key => key.Name)];

    [Theory]
    [MemberData(nameof(Secrets))]
    public void Every_secret_may_stand_in_a_file_whose_last_line_ends(string key)
    {
        var value = key switch
        {
            "channels:telegram:botToken" => $"123:{Letters}",
            "ConnectionStrings:sessions" => $"Host={Letters}",
            _ => Letters,
        };
        File.WriteAllText(_folder["secret"], $"{value}\r\n");

        var (settings, problems) = Load([], ($"{key}File", _folder["secret"]));

        Assert.Empty(problems);
        Assert.Equal(value, settings?[key]);
        Assert.Empty(settings?.NonSecretsBelow(key[..key.LastIndexOf(':')]) ?? []);
    }

    [Theory]
    [MemberData(nameof(Secrets))]
    public void A_file_that_holds_no_secret_is_named_with_its_key(string key)
    {
        File.WriteAllText(_folder["empty"], "\n");
        File.WriteAllText(_folder["long"], new string('x', 20_000));

        Assert.Contains($"{key}File: {_folder["missing"]} cannot be read: ", string.Join('\n', Load([], ($"{key}File", _folder["missing"])).Problems), StringComparison.Ordinal);
        Assert.Contains($"{key}File: {_folder.FullPath} cannot be read: ", string.Join('\n', Load([], ($"{key}File", _folder.FullPath)).Problems), StringComparison.Ordinal);
        Assert.Contains($"{key}File: {_folder["empty"]} is empty", Load([], ($"{key}File", _folder["empty"])).Problems);
        Assert.Contains($"{key}File: {_folder["long"]} is too long for a secret", Load([], ($"{key}File", _folder["long"])).Problems);
        Assert.Contains($"{key}File is blank; give it a value or remove it", Load([], ($"{key}File", " ")).Problems);
    }

    [Theory]
    [MemberData(nameof(Secrets))]
    public void What_stands_in_two_places_is_refused(string key)
    {
        File.WriteAllText(_folder["secret"], "from a file");

        Assert.Contains($"{key} and {key}File are both set; keep one of them", Load([], ($"{key}File", _folder["secret"]), (key, "hush-hush")).Problems);
    }

    [Fact]
    public void What_a_file_holds_is_judged_as_the_value_itself()
    {
        File.WriteAllText(_folder["secret"], "hush hush");

        var problems = Load([], ("gemini:apiKeyFile", _folder["secret"])).Problems;

        Assert.Equal(["gemini:apiKey contains a blank or a character that no key has"], problems);
    }

    [Theory]
    [MemberData(nameof(Secrets))]
    public void No_secret_may_stand_on_the_command_line_in_any_form(string key)
    {
        string[][] forms =
        [
            [$"--{key}=hush-hush"], [$"--{key}", "hush-hush"], [$"/{key}=hush-hush"], [$"{key}=hush-hush"], [$"--{key.ToUpperInvariant()}=hush-hush"],
            [$"--{key.Replace(":", "__", StringComparison.Ordinal)}=hush-hush"], [$"--{key.Replace(":", "__", StringComparison.Ordinal).ToUpperInvariant()}", "hush-hush"],
        ];

        foreach (var form in forms)
        {
            var problem = Assert.Single(Load(["Clawdex.AppHost.dll", .. form]).Problems);
            Assert.StartsWith(key, problem, StringComparison.OrdinalIgnoreCase);
            Assert.Contains("stands on the command line, which other accounts of this machine can read", problem, StringComparison.Ordinal);
            Assert.DoesNotContain("hush", problem, StringComparison.Ordinal);
        }

        Assert.Empty(Load(["Clawdex.AppHost.dll", "--emulators:delayMs=0", "audit"]).Problems);
    }

    [Theory]
    [InlineData("--TELEGRAM_BOT_TOKEN=1:hush")]
    [InlineData("--telegram_bot_token=1:hush")]
    [InlineData("/Gemini_Api_Key=hush")]
    [InlineData("--DOTNET_TELEGRAM_BOT_TOKEN=1:hush")]
    [InlineData("--aspnetcore_gemini__apiKey=hush")]
    [InlineData("--CUSTOMCONNSTR_sessions=hush")]
    [InlineData("--Parameters:calls-secret=hush")]
    [InlineData("--parameters__calls-secret=hush")]
    public void Nor_by_the_other_names_that_it_has(string argument) =>
        Assert.Contains("stands on the command line", Assert.Single(Load(["Clawdex.AppHost.dll", argument]).Problems), StringComparison.Ordinal);

    public void Dispose() => _folder.Dispose();

    private (ClawdexSettings? Settings, IReadOnlyList<string> Problems) Load(string[] arguments, params (string Key, string Value)[] values)
    {
        File.WriteAllText(_folder["config.json"], "{}");
        using var configuration = new ConfigurationManager();
        configuration.AddInMemoryCollection([new("CLAWDEX_CONFIG_PATH", _folder["config.json"]), .. values.Select(value => KeyValuePair.Create(value.Key, (string?)value.Value))]);
        var settings = ClawdexSettings.Load(configuration, arguments, isStarting: false, out var problems);
        return (settings, problems);
    }
}
