namespace Clawdex.Gateway.Telegram;

/// <summary>Who the bot is, as <c>getMe</c> says.</summary>
/// <param name="Username">Without the @.</param>
internal sealed record BotIdentity(long Id, string Username);
