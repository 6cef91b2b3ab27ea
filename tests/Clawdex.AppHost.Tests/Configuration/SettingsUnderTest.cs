using Clawdex.AppHost.Configuration;
using Clawdex.Testing;
using Microsoft.Extensions.Configuration;

namespace Clawdex.AppHost.Tests.Configuration;

/// <summary>The start's configuration, with a config file in a temporary folder.</summary>
internal sealed class SettingsUnderTest : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public string this[string file] => _folder[file];

    public void Dispose() => _folder.Dispose();

    public ClawdexSettings Loaded(string json)
    {
        var (settings, errors) = Load(new() { ["CLAWDEX_CONFIG_PATH"] = FileOf(json) });
        Assert.Empty(errors);
        Assert.NotNull(settings);
        return settings;
    }

    public string Refused(string json) => RefusedIn(new() { ["CLAWDEX_CONFIG_PATH"] = FileOf(json) });

    public string EmptyFile() => FileOf("{}");

    /// <summary>The path of the config file, which holds <paramref name="json"/> from now on.</summary>
    public string FileOf(string json)
    {
        File.WriteAllText(this["config.json"], json);
        return this["config.json"];
    }

    public static string RefusedIn(Dictionary<string, string?> environment)
    {
        var (settings, errors) = Load(environment);
        Assert.Null(settings);
        return errors;
    }

    public static (ClawdexSettings? Settings, string Errors) Load(Dictionary<string, string?> environment)
    {
        using var configuration = new ConfigurationManager();
        // No fixed port, so that a Clawdex that runs on this machine is not in the way.
        environment.TryAdd("emulators:chatPort", "0");
        configuration.AddInMemoryCollection(environment);
        using var errors = new StringWriter();
        ClawdexSettings.TryLoad(configuration, errors, out var settings);
        return (settings, errors.ToString());
    }
}
