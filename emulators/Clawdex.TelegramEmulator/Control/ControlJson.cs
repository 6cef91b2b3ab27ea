using System.Text.Json;
using System.Text.Json.Serialization;
using Clawdex.TelegramEmulator.Faults;

namespace Clawdex.TelegramEmulator.Control;

/// <summary>The control API's JSON: camelCase, enums by name, times as Unix milliseconds.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(UnixMilliseconds)])]
[JsonSerializable(typeof(NewChat))]
[JsonSerializable(typeof(UserMessage))]
[JsonSerializable(typeof(IReadOnlyList<ChatText>))]
[JsonSerializable(typeof(IReadOnlyList<Delivery>))]
[JsonSerializable(typeof(UserEdit))]
[JsonSerializable(typeof(ButtonPress))]
[JsonSerializable(typeof(AccessChange))]
[JsonSerializable(typeof(NewTopic))]
[JsonSerializable(typeof(ForumTopic))]
[JsonSerializable(typeof(ChatInfo))]
[JsonSerializable(typeof(IReadOnlyList<ChatInfo>))]
[JsonSerializable(typeof(ChatSnapshot))]
[JsonSerializable(typeof(TimelinePage))]
[JsonSerializable(typeof(TimelineEntry))]
[JsonSerializable(typeof(PressedButton))]
[JsonSerializable(typeof(EmulatedMessage))]
[JsonSerializable(typeof(Fault))]
[JsonSerializable(typeof(ActiveFault))]
[JsonSerializable(typeof(IReadOnlyList<ActiveFault>))]
[JsonSerializable(typeof(FloodLimits))]
[JsonSerializable(typeof(UpdateCounters))]
[JsonSerializable(typeof(UpdateId))]
[JsonSerializable(typeof(ControlProblem))]
[JsonSerializable(typeof(Overview))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class ControlJson : JsonSerializerContext;

/// <summary>Where the numbering of updates stands, and what the bot has not confirmed.</summary>
public sealed record UpdateCounters(int NextId, int Pending);

public sealed record UpdateId(int Id);

/// <summary>The bot as its users see it.</summary>
public sealed record BotInfo(string Name, string Username);

public sealed record ChatSummary(ChatInfo Chat, EmulatedMessage? Last);

/// <summary>What the page's list shows.</summary>
public sealed record Overview(BotInfo Bot, IReadOnlyList<ChatSummary> Chats);

internal sealed class UnixMilliseconds : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64());

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value.ToUnixTimeMilliseconds());
}

/// <summary>Enums as <c>camelCase</c> names, whatever the options of the moment.</summary>
internal sealed class CamelCaseEnum<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;
