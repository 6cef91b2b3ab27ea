using Microsoft.Extensions.Options;

namespace Clawdex.Gateway;

/// <summary>Refuses to start on settings that cannot work, naming all of them at once instead of failing on the first.</summary>
internal static class SettingsCheck
{
    /// <summary>False = problems were logged, one line each, by configuration key.</summary>
    public static bool HasValidSettings(this WebApplication app)
    {
        var problems = Problems(app.Services.GetRequiredService<IStartupValidator>());
        foreach (var problem in problems)
            app.Logger.SettingIsInvalid(problem);
        return problems.Count == 0;
    }

    private static IReadOnlyList<string> Problems(IStartupValidator validator)
    {
        try
        {
            validator.Validate();
            return [];
        }
        catch (OptionsValidationException error)
        {
            return [.. error.Failures];
        }
        catch (AggregateException errors)
        {
            return [.. errors.Flatten().InnerExceptions.SelectMany(error => error is OptionsValidationException invalid ? invalid.Failures : [error.Message])];
        }
        catch (InvalidOperationException error)
        {
            // A value of the wrong type: the message names its key.
            return [error.Message];
        }
    }
}
