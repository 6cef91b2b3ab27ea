using System.Globalization;
using Microsoft.Extensions.Options;

namespace Clawdex.SessionService.Sessions;

/// <summary>The section <c>sessions</c> of the configuration.</summary>
internal sealed class SessionsOptions
{
    public const string Section = "sessions";

    /// <summary>Folder of the database, used when no connection string <c>sessions</c> is configured. A leading <c>~</c> is the user's home.</summary>
    public string DataDirectory { get; set; } = "~/.clawdex/data";

    /// <summary>A history that nobody used for so long leaves the memory. 1 to 10,080.</summary>
    public int IdleMinutes { get; set; } = 30;

    /// <summary>Memory for histories. 1 to 16,384.</summary>
    public int CacheMegabytes { get; set; } = 64;

    /// <summary>What was settled so many days ago is deleted; 0 = never. 0 to 36,500.</summary>
    public int RetainDays { get; set; }

    public static SessionsOptions From(IConfiguration configuration)
    {
        var options = new SessionsOptions();
        options.Read(configuration);
        return options;
    }

    /// <summary>Reads by hand: the binder stops at the first value that is no number, with an exception that names a type.</summary>
    public void Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        DataDirectory = section["dataDirectory"] ?? DataDirectory;
        IdleMinutes = Number(section["idleMinutes"]) ?? IdleMinutes;
        CacheMegabytes = Number(section["cacheMegabytes"]) ?? CacheMegabytes;
        RetainDays = Number(section["retainDays"]) ?? RetainDays;
    }

    /// <summary>What is no number becomes one that the validation refuses.</summary>
    private static int? Number(string? text) => text switch
    {
        null => null,
        _ => int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : int.MinValue,
    };
}

/// <summary>Finds every mistake in <see cref="SessionsOptions"/> at once, before the service starts.</summary>
internal sealed class SessionsOptionsValidation : IValidateOptions<SessionsOptions>
{
    public ValidateOptionsResult Validate(string? name, SessionsOptions options)
    {
        List<string> problems = [];
        if (string.IsNullOrWhiteSpace(options.DataDirectory))
            problems.Add("sessions:dataDirectory is empty; leave it out for the default, ~/.clawdex/data.");
        if (options.IdleMinutes is < 1 or > 10_080)
            problems.Add("sessions:idleMinutes must be a whole number from 1 to 10080.");
        if (options.CacheMegabytes is < 1 or > 16_384)
            problems.Add("sessions:cacheMegabytes must be a whole number from 1 to 16384.");
        if (options.RetainDays is < 0 or > 36_500)
            problems.Add("sessions:retainDays must be a whole number from 0 to 36500.");
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
