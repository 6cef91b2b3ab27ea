using System.Net.Http.Headers;
using System.Text.Json;
using Clawdex.LlmService.Providers.Http;
using static Clawdex.LlmService.Providers.ErrorParts;
using static Clawdex.LlmService.Providers.ErrorWords;

namespace Clawdex.LlmService.Providers;

/// <summary>
/// Reads an error in all its forms, of every server, in a response or inside a stream. The number, the names (<c>code</c>,
/// <c>type</c>, <c>status</c>) and the words may each be missing, lie one in another, or hide as JSON in a string or as text.
/// </summary>
internal static class ErrorReader
{
    /// <summary>A wait beyond this is a spent quota, not a crowded moment (gemini-cli draws the same line).</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);

    private static readonly string[] Nothing = ["null", "false", "0", "\"\"", "{}", "[]"];

    /// <summary>Names that say more than any number; letters only, since servers write them in every way.</summary>
    private static readonly (FailureKind Kind, string[] Names)[] Certain =
    [
        (FailureKind.QuotaSpent, ["insufficientquota", "exceededcurrentquota", "quotaexceeded", "billinghardlimit"]),
        (FailureKind.KeyRejected, ["invalidapikey", "apikeyinvalid", "apikeyserviceblocked"]),
        (FailureKind.UnknownModel, ["modelnotfound", "invalidmodel"]),
        (FailureKind.Refused, ["contentpolicy", "contentfilter", "refusal"]),
        (FailureKind.AccountRefused, ["unsupportedcountry", "failedprecondition"]),
    ];

    /// <summary>Names that stand for a status where there is no number.</summary>
    private static readonly (int Status, string[] Names)[] Statuses =
    [
        (401, ["authenticat", "unauthorized"]),
        (402, ["insufficientcredit", "insufficientbalance", "paymentrequired"]),
        (403, ["permission", "forbidden"]),
        (404, ["notfound"]),
        (429, ["ratelimit", "toomanyrequests", "resourceexhausted"]),
        (504, ["timeout", "deadlineexceeded"]),
        (503, ["overloaded", "unavailable", "server", "internal", "apierror"]),
        (400, ["invalid", "badrequest", "unprocessable"]),
    ];

    /// <summary>Whether an event of a stream is an error, or has one. vLLM and others send it without a member <c>error</c>.</summary>
    public static bool IsError(JsonElement payload) =>
        HasError(payload)
        || (!HasAnswer(payload)
            && ((payload.Member("error"u8).OneOrFirst().IsObject() && payload.Member("choices"u8).ValueKind is JsonValueKind.Undefined)
                || AreOfError(ObjectsIn(payload))));

    /// <summary>Whether an event has a piece of an answer. Without one it may still count tokens, or be an error.</summary>
    public static bool HasAnswer(JsonElement payload) => payload.Member("choices"u8).HasItems() || payload.Member("candidates"u8).HasItems();

    /// <summary>The same of what came as text, which is JSON or says itself that it is an error.</summary>
    public static bool IsError(string text) =>
        TolerantJson.Begins(text) ? IsError(TolerantJson.Parse(text).OneOrFirst()) : Failed().IsMatch(text);

    /// <summary>Whether the member <c>error</c> says anything: some servers send an empty one with each piece of an answer.</summary>
    public static bool HasError(JsonElement element) => element.Member("error"u8).OneOrFirst() is var error
        && (error.IsObject() ? error.EnumerateObject().Any(member => !Nothing.Contains(member.Value.Raw())) : error.Text() is { Length: > 0 });

    /// <param name="body">The provider's words, of any kind: JSON, HTML, text, nothing.</param>
    /// <param name="key">The key that was sent; null = none.</param>
    /// <param name="status">0 = inside a stream of status 2xx: what the body says counts.</param>
    /// <param name="headers">Null inside a stream.</param>
    public static ProviderFailure Read(string body, string? key, int status = 0, HttpResponseHeaders? headers = null)
    {
        body = body.TrimStart('\ufeff');
        var isPage = WebPage.Is(body);
        var title = isPage ? WebPage.TitleOf(body) : "";
        var json = isPage ? default : JsonIn(body);
        var objects = ObjectsIn(json);
        var words = WordsIn(objects) is { Length: > 0 } found ? found : Plain(Unpack(json).Text() ?? body);
        var names = NamesIn(objects);
        var code = status > 0 ? status : NumberIn(objects) ?? Statuses.FirstOrDefault(known => HasAny(known.Names)).Status;
        var refuses = body.Contains("stream_options", StringComparison.Ordinal) ? RequestParts.UsageReport
            : NoSystemPrompt().IsMatch(words) ? RequestParts.SystemPrompt
            : RequestParts.None;

        var wait = RetryDelay.Of(objects, words, headers);
        var kind = (code is 413 || IsTooLong(code, names, words)) ? FailureKind.ContextTooLong
            : isPage && !IsOfGateway(code, title) ? FailureKind.WebPage
            : refuses is not RequestParts.None ? FailureKind.InvalidRequest
            : Certain.FirstOrDefault(known => HasAny(known.Names)).Kind is var certain and > 0 ? certain
            : KindOf(code, words, objects, wait);
        var says = kind switch
        {
            // Servers quote keys here, and the kind says it all.
            FailureKind.KeyRejected or FailureKind.ContextTooLong => "",
            FailureKind.WebPage => title,
            _ => words,
        };
        if (kind is FailureKind.InvalidRequest or FailureKind.ContextTooLong && OutputLimit().IsMatch(body))
            refuses |= RequestParts.OutputLimit;
        return new ProviderFailure(kind, SafeText.Clean(says, key), wait) { Refuses = refuses };

        bool HasAny(string[] known) => known.Any(name => names.Contains(name, StringComparison.Ordinal));
    }

    private static FailureKind KindOf(int code, string words, IReadOnlyList<JsonElement> objects, TimeSpan? wait) => code switch
    {
        401 => FailureKind.KeyRejected,
        402 => wait is null ? FailureKind.NoCredit : FailureKind.RateLimited,
        403 when objects.Any(part => part.Member("reasons"u8).ValueKind is JsonValueKind.Array) => FailureKind.Refused,
        0 or 400 or 403 or 429 when MoneySpent().IsMatch(words) => FailureKind.QuotaSpent,
        403 => FailureKind.KeyForbidden,
        405 => FailureKind.WrongAddress,
        404 when words.Length == 0 || NoSuchPath().IsMatch(words) => FailureKind.WrongAddress,
        404 => FailureKind.UnknownModel,
        0 or 400 when WrongKey().IsMatch(words) => FailureKind.KeyRejected,
        // Ollama calls it an error of its own, once a stream has begun.
        0 or 400 or 422 or 500 or 503 when NoSuchModel().IsMatch(words) => FailureKind.UnknownModel,
        408 or 504 or 524 => FailureKind.TimedOut,
        429 when NoQuotaAtAll().IsMatch(words) => FailureKind.NoQuota,
        429 when PerDay().IsMatch(words) || QuotaIds(objects).Any(PerDay().IsMatch) || wait > LongestWait => FailureKind.QuotaSpent,
        429 => FailureKind.RateLimited,
        (>= 400 and < 500) or 501 => FailureKind.InvalidRequest,
        >= 500 => FailureKind.Overloaded,
        _ => NoSuchPath().IsMatch(words) ? FailureKind.WrongAddress : FailureKind.Stopped,
    };

    /// <summary>
    /// Gateways say in HTML, too, that what is behind them is busy. Walls against bots use 503 as well, but do not name it.
    /// </summary>
    private static bool IsOfGateway(int code, string title) =>
        code is 408 or 429 or 500 or 502 or 504 or >= 520 || (code is 503 && IsUnavailable().IsMatch(title));

    /// <summary>A rate limit may speak of too many tokens as well; a shorter conversation would not lift it.</summary>
    private static bool IsTooLong(int code, string names, string words) =>
        TooLongName().IsMatch(names) || (code is not 429 && TooLong().IsMatch(words));
}
