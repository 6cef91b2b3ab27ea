using Telegram.Bot.Types.Enums;

namespace Clawdex.Gateway.Telegram;

/// <summary>A message's text in one of its forms.</summary>
internal readonly record struct Wording(string Text, ParseMode Mode = ParseMode.None, bool IsRich = false);
