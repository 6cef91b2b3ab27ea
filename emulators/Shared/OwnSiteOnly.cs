using System.Net;
using System.Net.Mime;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.Features;

namespace Clawdex.Emulators;

/// <summary>
/// Who may talk to an emulator: programs of this machine and the emulator's own page, and no other web page in the same browser.
/// Compiled into both emulators.
/// </summary>
internal static class OwnSiteOnly
{
    /// <summary>Call it before anything else is mapped: it is for every path.</summary>
    /// <param name="host">A name besides those of this machine that the emulator answers to; empty = none.</param>
    public static void UseOwnSiteOnly(this WebApplication app, string host) => app.Use(async (context, next) =>
    {
        var (status, problem) = ProblemOf(context.Request, host);
        if (problem is null)
        {
            await next(context);
            return;
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = MediaTypeNames.Text.Plain;
        await context.Response.WriteAsync($"refused: {problem}", context.RequestAborted);
    });

    /// <summary>Whether a request carries what only this start's own page and programs know.</summary>
    public static bool Carries(this HttpRequest request, string token) => AreEqual(request.Headers.Authorization.ToString(), $"Bearer {token}");

    /// <summary>Takes as long for a good guess as for a bad one.</summary>
    public static bool AreEqual(string given, string expected) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(expected));

    /// <summary>Something that nobody can guess, drawn anew at each start.</summary>
    public static string NewToken() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    private static (int Status, string? Problem) ProblemOf(HttpRequest request, string host)
    {
        // A name that an attacker owns may lead to this machine, too.
        if (!IsOwn(request.Host.Host, host))
            return (StatusCodes.Status403Forbidden, "the emulator does not go by this name (Host)");
        if (request.Headers.Origin is { Count: > 0 } origin && !(origin is [{ } one] && IsOwnOrigin(one, request.Host)))
            return (StatusCodes.Status403Forbidden, "the request comes from another site (Origin)");
        if (request.Headers["Sec-Fetch-Site"] is { Count: > 0 } site && site is not ["same-origin" or "none"] && !IsVisit(request))
            return (StatusCodes.Status403Forbidden, "the request comes from another site (Sec-Fetch-Site)");
        // A form of another site can send any text, but not as JSON. The Bot API takes forms, and its path has a token.
        if (HasBody(request) && !request.HasJsonContentType() && !IsBotApi(request.Path))
            return (StatusCodes.Status415UnsupportedMediaType, "a body must be sent as application/json");
        return (0, null);
    }

    /// <summary>Somebody follows a link to the page, from the dashboard for one. What the page may do depends on its token.</summary>
    private static bool IsVisit(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) && request.Path.Value is "/" or "/health"
        && request.Headers["Sec-Fetch-Mode"] == "navigate" && request.Headers["Sec-Fetch-Dest"] == "document";

    private static bool IsOwn(string name, string host) =>
        name.Length > 0
        && (name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || name.Equals(host, StringComparison.OrdinalIgnoreCase)
            || IPAddress.TryParse(name.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static bool IsOwnOrigin(string origin, HostString host) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
        && url.GetLeftPart(UriPartial.Authority).Equals($"{url.Scheme}://{host.Value}", StringComparison.OrdinalIgnoreCase);

    private static bool HasBody(HttpRequest request) =>
        request.ContentLength is > 0 || request.ContentLength is null && request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody is true;

    private static bool IsBotApi(PathString path) => path.Value?.StartsWith("/bot", StringComparison.Ordinal) is true;
}
