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

    /// <summary>What the button with this label carries.</summary>
    public static string DataOf(this EmulatedMessage message, string label) =>
        (message.Keyboard ?? []).Single(row => row[0].Text == label)[0].CallbackData ?? "";

    /// <summary>What the person who pressed reads.</summary>
    public static async Task<string?> AnsweredAsync(this EmulatedChat chat, PressedButton press) =>
        (await chat.WaitForEntryAsync(entry => entry.Kind is TimelineKind.CallbackAnswer && entry.CallbackId == press.CallbackId, GatewayUnderTest.Soon, Cancel)).RawText;

    public static Task<IReadOnlyList<TimelineEntry>> TimelineAsync(this EmulatedChat chat) => chat.GetTimelineAsync(Cancel);
}
