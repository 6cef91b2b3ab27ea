using Clawdex.Gateway.Access;
using Clawdex.Gateway.Telegram;
using Clawdex.ServiceDefaults.Calls;
using Clawdex.ServiceDefaults.Settings;

namespace Clawdex.Gateway.Updates;

/// <summary>
/// Draws the link that makes its first opener the owner, for whoever runs this deployment: he knows the services' secret. The
/// link is nowhere else, and the one before is void.
/// </summary>
internal static class ClaimEndpoint
{
    public static void MapClaim(this WebApplication app)
    {
        app.MapPost("/claim", DrawAsync).ForCallersOnly();
        // Whoever shows the link somewhere takes it away when it is of no use any more.
        app.MapGet("/claim", (People people, ClaimCode claim) => people.IsUnclaimed && claim.IsOpen ? Results.NoContent() : Results.NotFound()).ForCallersOnly();
    }

    /// <summary>Says why the gateway must not start: everyone would own the bot, or it is deployed and nobody says whose it is. Null = it may.</summary>
    public static string? ProblemOf(IConfiguration configuration)
    {
        var telegram = configuration.GetSection(TelegramOptions.Section);
        if (TelegramOptions.ProblemOfOwners(telegram.IsTrue("everyoneIsOwner"), telegram["apiBaseUrl"]) is { } open)
            return open;
        return !IsDeployed(configuration) || telegram.GetSection("allowedUsers").GetChildren().Any()
            || !string.IsNullOrWhiteSpace(telegram["claim"]) || telegram.IsTrue("everyoneIsOwner")
            ? null
            : $"{TelegramOptions.Section}:claim is missing: set 22 characters that nobody can guess and open https://t.me/<bot>?start={ClaimCode.Prefix}<them> to be the owner, or set {TelegramOptions.Section}:allowedUsers";
    }

    /// <summary>Other machines reach it, or it calls services on others, such as containers beside its own: nobody sees a link on its console then.</summary>
    private static bool IsDeployed(IConfiguration configuration) =>
        BindAddress.OpenEndpoints(configuration).Any() || configuration.GetSection("services").AsEnumerable().Any(address => !BindAddress.IsLocal(address.Value));

    private static async Task<IResult> DrawAsync(People people, ClaimCode claim, BotConnection bot, CancellationToken aborted)
    {
        await people.WhenReadAsync(aborted);
        if (!people.IsUnclaimed)
            return Results.Conflict();
        return bot.Identity is { Username.Length: > 0 } me
            ? Results.Text($"https://t.me/{me.Username}?start={ClaimCode.Prefix}{claim.Draw()}")
            : Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
    }
}
