using System.Net;
using System.Net.Http.Headers;
using Clawdex.Gateway.Tests.Running;
using Clawdex.TelegramEmulator.Control;

namespace Clawdex.Gateway.Tests.Access;

/// <summary>How a bot that nobody owns gets its owner.</summary>
internal static class PairingSteps
{
    public const string Secret = "the-services-know-each-other-by-this-secret";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static bool IsYours(EmulatedMessage message) => message.Text.StartsWith("🔑", StringComparison.Ordinal);

    public static Task<GatewayUnderTest> UnclaimedAsync(params (string Key, string Value)[] settings) =>
        GatewayUnderTest.StartAsync([("channels:telegram:everyoneIsOwner", "false"), ("calls:secret", Secret), .. settings]);

    public static async Task<string> DrawAsync(GatewayUnderTest gateway)
    {
        using var answer = await PostAsync(gateway, Secret);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync(Cancel);
    }

    public static async Task<HttpStatusCode> StateAsync(GatewayUnderTest gateway, string? secret)
    {
        using var answer = await AskAsync(HttpMethod.Get, gateway, secret);
        return answer.StatusCode;
    }

    public static Task<HttpResponseMessage> PostAsync(GatewayUnderTest gateway, string? secret) => AskAsync(HttpMethod.Post, gateway, secret);

    public static async Task<HttpResponseMessage> AskAsync(HttpMethod method, GatewayUnderTest gateway, string? secret)
    {
        using var http = gateway.Client();
        using var request = new HttpRequestMessage(method, new Uri("/claim", UriKind.Relative));
        if (secret is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        return await http.SendAsync(request, Cancel);
    }

    /// <summary>What Telegram makes of opening the link.</summary>
    public static string StartOf(string link) => $"/start {link[(link.IndexOf('=', StringComparison.Ordinal) + 1)..]}";

    public static string Forwarded(EmulatedChat chat, string text, string origin) => $$$"""
        {"message":{"message_id":9002,"date":{{{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}}},"chat":{"id":{{{chat.Id}}},"type":"private","first_name":"Ann"},
        "from":{"id":{{{chat.Id}}},"is_bot":false,"first_name":"Ann"},"forward_origin":{{{origin}}},"text":"{{{text}}}"}}
        """;
}
