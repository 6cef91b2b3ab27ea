using System.Diagnostics;
using System.Net.Sockets;
using Telegram.Bot.Exceptions;

namespace Clawdex.Gateway.Telegram;

internal enum BotApiFailureKind
{
    /// <summary>The request never left this machine.</summary>
    NotSent,

    /// <summary>The answer was lost or the server stumbled: the call may have taken effect.</summary>
    Unknown,

    /// <summary>The call took effect, but the answer is not the one that belongs to it: the number of what was sent is unknown.</summary>
    Taken,

    /// <summary>It broke in this program, and would break again.</summary>
    Broken,
    TooManyRequests,
    NotModified,
    MessageGone,
    ChatGone,
    Migrated,
    Unauthorized,
    Conflict,

    /// <summary>Any other reason: Telegram takes this call neither now nor later.</summary>
    Refused,
}

/// <summary>
/// One reading of everything that can go wrong with a Bot API call. Telegram has no machine-readable codes besides the HTTP
/// status, so the well-known descriptions are matched (wire-formats A4).
/// </summary>
/// <param name="Code">HTTP status; 0 = no answer.</param>
/// <param name="Description">What the server says; may quote the message, so it is not fit for logs as it is.</param>
internal sealed record BotApiFailure(BotApiFailureKind Kind, int Code, string Description)
{
    private static readonly string[] MessageGoneTexts =
    [
        "message to edit not found", "message can't be edited", "no text in the message to edit", "message_id_invalid",
        "message to delete not found",
    ];

    private static readonly string[] ChatGoneTexts =
    [
        "chat not found", "message thread not found", "topic_closed", "topic_deleted", "not enough rights", "have no rights",
        "chat_write_forbidden", "chat_restricted", "peer_id_invalid", "user_is_blocked", "deactivated", "need administrator rights",
        "chat_send_", "chat_guest_send_forbidden", "chat_admin_required", "channel_private", "user_banned_in_channel",
        "you_blocked_user", "user_is_bot", "user not found", "bot was kicked", "have no access", "have no write access",
    ];

    /// <summary>Seconds. Timers end at 49 days and a 429 has no upper end; asking again costs nothing.</summary>
    private const int LongestWait = 86_400;

    /// <summary>How long a 429 asks to wait: a second to a day.</summary>
    public TimeSpan RetryAfter { get; init; }

    /// <summary>The chat's new id after it migrated.</summary>
    public long MigratedTo { get; init; }

    /// <summary>The server does not know what it was asked for. One that does not know rich messages misses the text of an edit.</summary>
    public bool IsUnknownMethod => Code is 404 || (Code is 400 && Says(Description, "message text is empty"));

    public static BotApiFailure Of(Exception error) => error switch
    {
        ApiRequestException { ErrorCode: 429 } api => Of(api, BotApiFailureKind.TooManyRequests) with
        {
            RetryAfter = TimeSpan.FromSeconds(Math.Clamp(api.Parameters?.RetryAfter ?? 1, 1, LongestWait)),
        },
        ApiRequestException { Parameters.MigrateToChatId: { } newId } api => Of(api, BotApiFailureKind.Migrated) with { MigratedTo = newId },
        ApiRequestException { ErrorCode: 400 } api => Of(api, KindOf(api.Message)),
        ApiRequestException { ErrorCode: 401 or 404 } api => Of(api, BotApiFailureKind.Unauthorized),
        ApiRequestException { ErrorCode: 403 } api => Of(api, BotApiFailureKind.ChatGone),
        ApiRequestException { ErrorCode: 409 } api => Of(api, BotApiFailureKind.Conflict),
        ApiRequestException { ErrorCode: >= 500 or 408 } api => Of(api, BotApiFailureKind.Unknown),
        ApiRequestException api => Of(api, BotApiFailureKind.Refused),
        RequestException { InnerException: HttpRequestException http } =>
            new BotApiFailure(NeverLeft(http.HttpRequestError) ? BotApiFailureKind.NotSent : BotApiFailureKind.Unknown, 0, CauseOf(http)),
        HttpRequestException http => new BotApiFailure(BotApiFailureKind.Unknown, 0, CauseOf(http)),
        // Only a connection that is not made in time has this cause; an answer that does not come is the caller's own limit.
        RequestException { InnerException: OperationCanceledException { InnerException: TimeoutException } } =>
            new BotApiFailure(BotApiFailureKind.NotSent, 0, "no connection in time"),
        RequestException { InnerException: OperationCanceledException or IOException } or OperationCanceledException or IOException =>
            new BotApiFailure(BotApiFailureKind.Unknown, 0, "no answer in time"),
        // Failures have their own exception: this is a good answer that the client library cannot read.
        RequestException { HttpStatusCode: { } status } => new BotApiFailure(BotApiFailureKind.Taken, (int)status, "an answer that cannot be read"),
        _ => new BotApiFailure(BotApiFailureKind.Broken, 0, (error.InnerException ?? error).GetType().Name),
    };

    /// <summary>Says on a call's span what became of it: an edit that changed nothing did not fail.</summary>
    public void Describe(Activity? span)
    {
        if (span is null || Kind is BotApiFailureKind.NotModified)
            return;
        span.Failed(Kind.ToString());
        if (Code > 0)
            span.SetTag("http.response.status_code", Code);
        if (Kind is BotApiFailureKind.TooManyRequests)
            span.AddEvent(new ActivityEvent("clawdex.too_many_requests", tags: new() { ["clawdex.retry_after"] = RetryAfter.TotalSeconds }));
    }

    private static BotApiFailure Of(ApiRequestException api, BotApiFailureKind kind) => new(kind, api.ErrorCode, api.Message);

    private static BotApiFailureKind KindOf(string description) =>
        // The Bot API's words, or those of the server behind it, which some errors come with.
        Says(description, "message is not modified") || Says(description, "message_not_modified") ? BotApiFailureKind.NotModified
        : MessageGoneTexts.Any(text => Says(description, text)) ? BotApiFailureKind.MessageGone
        : ChatGoneTexts.Any(text => Says(description, text)) ? BotApiFailureKind.ChatGone
        : BotApiFailureKind.Refused;

    private static bool Says(string description, string text) => description.Contains(text, StringComparison.OrdinalIgnoreCase);

    private static string CauseOf(HttpRequestException error) =>
        error.InnerException is SocketException socket ? socket.Message : error.HttpRequestError.ToString();

    private static bool NeverLeft(HttpRequestError cause) =>
        cause is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError
            or HttpRequestError.ProxyTunnelError;
}
