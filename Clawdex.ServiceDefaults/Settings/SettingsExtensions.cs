using Clawdex.ServiceDefaults.Calls;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Clawdex.ServiceDefaults.Settings;

/// <summary>How a service takes its settings.</summary>
public static partial class SettingsExtensions
{
    /// <summary>Binds a section to an options class, whose properties are from now on the keys that <see cref="HasValidSettings"/> knows.</summary>
    /// <param name="name">The options' name, where one class is for several sections.</param>
    public static OptionsBuilder<TOptions> AddSettings<TOptions>(this IServiceCollection services, string section, string? name = null) where TOptions : class, new()
    {
        foreach (var key in SettingKey.Of(new TOptions(), section))
            services.AddSingleton(key);
        return services.AddOptions<TOptions>(name).BindConfiguration(section);
    }

    /// <summary>Call it before anything reads the options. False = the service must not start: problems were logged, one line each.</summary>
    /// <param name="rules">What the service demands beyond its single keys; each says what is wrong, or null.</param>
    public static bool HasValidSettings(this WebApplication app, params IReadOnlyList<Func<IConfiguration, string?>> rules)
    {
        var keys = new SettingKeys([.. app.Services.GetServices<SettingKey>()]);
        List<string> problems = [.. keys.MissingFrom(app.Configuration), .. keys.ProblemsOf(app.Configuration), .. rules.Select(rule => rule(app.Configuration)).OfType<string>()];
        if (app.Services.GetService<CallerCheck>() is { } callers && callers.ProblemOf(app.Configuration) is { } open)
            problems.Add(open);
        foreach (var problem in problems)
            InvalidSetting(app.Logger, problem);
        return problems.Count == 0;
    }

    [LoggerMessage(43, LogLevel.Critical, "Invalid setting: {Problem}")]
    public static partial void InvalidSetting(ILogger logger, string problem);
}
