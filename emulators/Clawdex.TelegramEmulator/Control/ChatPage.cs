using System.Net.Mime;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace Clawdex.TelegramEmulator.Control;

/// <summary>The chat page: files inside the assembly, so that it works from any folder.</summary>
internal static class ChatPage
{
    private const string Prefix = "wwwroot/";

    /// <summary>Nothing from elsewhere, no inline scripts: text of a message can never become code.</summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>What follows # in the page's address stays in the browser: no log and no other site sees it.</summary>
    private const string TokenMark = "#token=";

    /// <summary>The address that opens the page.</summary>
    public static Uri AddressOf(Uri root, string token) => new(root, $"/{TokenMark}{token}");

    public static string TokenOf(Uri page) => page.Fragment.StartsWith(TokenMark, StringComparison.Ordinal) ? page.Fragment[TokenMark.Length..] : "";

    public static void MapChatPage(this IEndpointRouteBuilder app)
    {
        foreach (var resource in typeof(ChatPage).Assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            var name = resource[Prefix.Length..];
            var content = Read(resource);
            var tag = new EntityTagHeaderValue($"\"{Convert.ToHexString(SHA256.HashData(content)).AsSpan(0, 16)}\"");
            var type = ContentType(name);
            app.MapGet(name is "index.html" ? "/" : $"/{name}", (HttpResponse response) =>
            {
                response.Headers.CacheControl = "no-cache";
                response.Headers.ContentSecurityPolicy = Policy;
                response.Headers.XContentTypeOptions = "nosniff";
                return Results.Bytes(content, type, entityTag: tag);
            });
        }
    }

    private static byte[] Read(string resource)
    {
        using var stream = typeof(ChatPage).Assembly.GetManifestResourceStream(resource) ?? throw new InvalidOperationException($"{resource} is missing");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }

    private static string ContentType(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        _ => MediaTypeNames.Application.Octet,
    };
}
