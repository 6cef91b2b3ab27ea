using Clawdex.ServiceDefaults.Calls;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Clawdex.ServiceDefaults.Settings;

/// <summary>How a service takes its settings.</summary>
public static partial class SettingsExtensions
{
    /// <summary>Binds a section to an options class, whose properties are from now on the keys that <see cref="HasValidSettings"/> knows.</summary>
    /// <param name="name">The options' name, where one class is for several sections.</param>
    public static OptionsBuilder<TOptions> AddSettings<TOptions>(this IHostApplicationBuilder builder, string section, string? name = null) where TOptions : class, new()
    {
        List<SettingKey> keys = [.. SettingKey.Of(new TOptions(), section)];
        foreach (var key in keys)
            builder.Services.AddSingleton(key);
        // At once: what is a secret must be known before anything is logged.
        foreach (var problem in SecretFiles.Read(builder.Configuration, keys))
            builder.Services.AddSingleton(new SettingProblem(problem));
        // Not from the section as it is: lists are merged there.
        var known = new SettingKeys(keys);
        return builder.Services.AddOptions<TOptions>(name).Configure<IConfiguration>((options, configuration) =>
            new ConfigurationBuilder().AddInMemoryCollection(known.ValuesBelow(configuration, section)).Build().GetSection(section).Bind(options));
    }

    /// <summary>Call it before anything reads the options. False = the service must not start: problems were logged, one line each.</summary>
    /// <param name="rules">What the service demands beyond its single keys; each says what is wrong, or null.</param>
    public static bool HasValidSettings(this WebApplication app, params IReadOnlyList<Func<IConfiguration, string?>> rules)
    {
        var keys = new SettingKeys([.. app.Services.GetServices<SettingKey>()]);
        List<string> problems =
        [
            .. app.Services.GetServices<SettingProblem>().Select(problem => problem.Text),
            .. keys.SecretsAmong(Environment.GetCommandLineArgs()),
            .. keys.MissingFrom(app.Configuration),
            .. keys.ProblemsOf(app.Configuration),
            .. keys.MisspeltIn(app.Configuration).Select(path => keys.Unknown(path, SettingOrigin.Of(app.Configuration, path))),
            .. rules.Select(rule => rule(app.Configuration)).OfType<string>(),
        ];
        if (app.Services.GetService<CallerCheck>() is { } callers && callers.ProblemOf(app.Configuration) is { } open)
            problems.Add(open);
        foreach (var problem in problems)
            InvalidSetting(app.Logger, problem);
        return problems.Count == 0;
    }

    /// <summary>Whether a switch is on, as the binder reads it, which takes blanks around a value for nothing. What is no switch is not on.</summary>
    public static bool IsTrue(this IConfiguration configuration, string key) => bool.TryParse(configuration[key], out var isTrue) && isTrue;

    /// <summary>What was wrong when the settings were added.</summary>
    private sealed record SettingProblem(string Text);

    [LoggerMessage(43, LogLevel.Critical, "Invalid setting: {Problem}")]
    private static partial void InvalidSetting(ILogger logger, string problem);
}
