using System.Text.Json.Serialization;

namespace Clawdex.TelegramEmulator.BotApi;

// The Bot API's objects as they go over the wire, in snake_case and without nulls. Only the fields that the emulator fills.

internal sealed record ApiUser(long Id, bool IsBot, string FirstName)
{
    public string? Username { get; init; }

    public string? LanguageCode { get; init; }
}

/// <summary>getMe's answer, which has more fields than other users.</summary>
internal sealed record ApiMe(long Id, bool IsBot, string FirstName, string Username)
{
    public bool CanJoinGroups { get; init; } = true;

    public bool CanReadAllGroupMessages { get; init; }

    public bool SupportsInlineQueries { get; init; }

    public bool CanConnectToBusiness { get; init; }

    public bool HasMainWebApp { get; init; }

    public bool HasTopicsEnabled { get; init; }
}

internal sealed record ApiChat(long Id, string Type)
{
    public string? Title { get; init; }

    public string? FirstName { get; init; }

    public string? Username { get; init; }

    public bool? IsForum { get; init; }
}

internal sealed record ApiEntity(string Type, int Offset, int Length)
{
    public string? Url { get; init; }

    public string? Language { get; init; }

    public string? CustomEmojiId { get; init; }

    public ApiUser? User { get; init; }
}

internal sealed record ApiMessage(int MessageId, long Date, ApiChat Chat)
{
    public ApiUser? From { get; init; }

    public int? MessageThreadId { get; init; }

    public bool? IsTopicMessage { get; init; }

    public long? EditDate { get; init; }

    public ApiMessage? ReplyToMessage { get; init; }

    public string? Text { get; init; }

    public IReadOnlyList<ApiEntity>? Entities { get; init; }

    public string? Caption { get; init; }

    public IReadOnlyList<ApiEntity>? CaptionEntities { get; init; }

    public IReadOnlyList<ApiPhotoSize>? Photo { get; init; }

    public ApiSticker? Sticker { get; init; }

    public ApiVoice? Voice { get; init; }

    public ApiDocument? Document { get; init; }

    public ApiForumTopicCreated? ForumTopicCreated { get; init; }

    public long? MigrateToChatId { get; init; }

    public long? MigrateFromChatId { get; init; }

    public ApiInlineKeyboard? ReplyMarkup { get; init; }
}

internal sealed record ApiPhotoSize(string FileId, string FileUniqueId, int Width, int Height, int FileSize);

internal sealed record ApiSticker(string FileId, string FileUniqueId, string Type, int Width, int Height, bool IsAnimated, bool IsVideo, string Emoji);

internal sealed record ApiVoice(string FileId, string FileUniqueId, int Duration);

internal sealed record ApiDocument(string FileId, string FileUniqueId, string FileName);

internal sealed record ApiForumTopicCreated(string Name, int IconColor);

internal sealed record ApiInlineKeyboard(IReadOnlyList<IReadOnlyList<ApiInlineButton>> InlineKeyboard);

internal sealed record ApiInlineButton(string Text)
{
    public string? Url { get; init; }

    public string? CallbackData { get; init; }
}

internal sealed record ApiCallbackQuery(string Id, ApiUser From, string ChatInstance)
{
    public ApiMessage? Message { get; init; }

    public string? Data { get; init; }
}

internal sealed record ApiChatMember(string Status, ApiUser User)
{
    /// <summary>Only for <c>kicked</c>; 0 = for ever.</summary>
    public long? UntilDate { get; init; }
}

internal sealed record ApiChatMemberUpdated(ApiChat Chat, ApiUser From, long Date, ApiChatMember OldChatMember, ApiChatMember NewChatMember);

internal sealed record ApiBotCommand(string Command, string Description);

internal sealed record ApiWebhookInfo(string Url, bool HasCustomCertificate, int PendingUpdateCount)
{
    public long? LastErrorDate { get; init; }

    public string? LastErrorMessage { get; init; }

    public int? MaxConnections { get; init; }

    public IReadOnlyList<string>? AllowedUpdates { get; init; }
}

internal sealed record ApiParameters
{
    public int? RetryAfter { get; init; }

    public long? MigrateToChatId { get; init; }
}

internal sealed record ApiError(bool Ok, int ErrorCode, string Description)
{
    public ApiParameters? Parameters { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ApiMe))]
[JsonSerializable(typeof(ApiMessage))]
[JsonSerializable(typeof(ApiCallbackQuery))]
[JsonSerializable(typeof(ApiChatMemberUpdated))]
[JsonSerializable(typeof(IReadOnlyList<ApiBotCommand>))]
[JsonSerializable(typeof(ApiWebhookInfo))]
[JsonSerializable(typeof(ApiError))]
[JsonSerializable(typeof(ApiInlineKeyboard))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(IReadOnlyList<ApiEntity>))]
[JsonSerializable(typeof(bool))]
internal sealed partial class BotApiJson : JsonSerializerContext;
