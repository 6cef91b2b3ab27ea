using Clawdex.TelegramEmulator.Control;

namespace Clawdex.Gateway.Tests.Running;

/// <summary>What tests do in a chat, in one word each.</summary>
internal static class ChatSteps
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static Task<EmulatedMessage> SayAsync(this EmulatedChat chat, string text) => chat.SendTextAsync(text, Cancel);

    /// <summary>Waits until one of the bot's messages reads exactly so.</summary>
    public static Task<EmulatedMessage> ReadsAsync(this EmulatedChat chat, string text) =>
        chat.WaitForBotMessageAsync(message => message.Text == text, GatewayUnderTest.Soon, Cancel);

    /// <summary>Waits until one of the bot's messages is as wanted.</summary>
    public static Task<EmulatedMessage> ReadsAsync(this EmulatedChat chat, Func<EmulatedMessage, bool> wanted) =>
        chat.WaitForBotMessageAsync(wanted, GatewayUnderTest.Soon, Cancel);

    /// <summary>The bot's messages as the chat shows them now.</summary>
    public static async Task<IReadOnlyList<string>> BotTextsAsync(this EmulatedChat chat) =>
        [.. (await chat.GetMessagesAsync(Cancel)).Where(message => message.From.IsBot).Select(message => message.Text)];

    public static Task<IReadOnlyList<TimelineEntry>> TimelineAsync(this EmulatedChat chat) => chat.GetTimelineAsync(Cancel);
}
