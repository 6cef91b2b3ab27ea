using System.Text.Json;
using System.Text.Json.Serialization;
using Clawdex.TelegramEmulator.BotApi;
using Clawdex.TelegramEmulator.Control;
using Clawdex.TelegramEmulator.Updates;

namespace Clawdex.TelegramEmulator.Storage;

/// <summary>One change, as one line of the log. Exactly one member is set; a later line replaces an earlier one.</summary>
internal sealed record StateLine
{
    public ChatInfo? Chat { get; init; }

    public EmulatedMessage? Message { get; init; }

    public PendingUpdate? Update { get; init; }

    /// <summary>Updates that the bot has taken.</summary>
    public IReadOnlyList<int>? Confirmed { get; init; }

    public int? NextUpdateId { get; init; }

    public IReadOnlyList<string>? AllowedUpdates { get; init; }

    public WebhookSettings? Webhook { get; init; }

    public ScopedCommands? Commands { get; init; }
}

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(UnixMilliseconds)])]
[JsonSerializable(typeof(StateLine))]
internal sealed partial class StateJson : JsonSerializerContext;
