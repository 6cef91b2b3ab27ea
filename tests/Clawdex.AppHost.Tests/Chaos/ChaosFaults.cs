using Clawdex.TelegramEmulator.Control;
using Clawdex.TelegramEmulator.Faults;

namespace Clawdex.AppHost.Tests.Chaos;

/// <summary>What goes wrong between the gateway and Telegram while a chaos run lasts.</summary>
internal static class ChaosFaults
{
    private const string Page = "<html>Not here</html>";
    private const string Unknown = """{"ok":false,"error_code":400,"description":"Bad Request: SOMETHING_NEW"}""";

    /// <summary>What the API promises is a message, or a list.</summary>
    private const string WrongShape = """{"ok":true,"result":true}""";

    public static async Task InjectAsync(ChaosPlan plan, TelegramEmulatorControl telegram, CancellationToken cancellationToken)
    {
        var seeds = plan.RandomFor("faults");
        foreach (var fault in Faults())
            await telegram.AddFaultAsync(fault with { Times = 0, Seed = seeds.Next() }, cancellationToken);
    }

    /// <summary>Calls that were hit so far.</summary>
    public static async Task<int> CountAsync(TelegramEmulatorControl telegram, CancellationToken cancellationToken) =>
        (await telegram.GetFaultsAsync(cancellationToken)).Sum(fault => fault.Hits);

    private static IEnumerable<Fault> Faults()
    {
        foreach (var method in (string[])["sendMessage", "editMessageText"])
        {
            yield return new(FaultKind.TooManyRequests, method) { Probability = 0.03, RetryAfter = 1 };
            yield return new(FaultKind.Respond, method) { Probability = 0.02, Status = 502, Body = "<html>Bad Gateway</html>", ContentType = "text/html" };
            yield return new(FaultKind.DropBefore, method) { Probability = 0.02 };
            yield return new(FaultKind.DropAfter, method) { Probability = 0.03, DelayMs = 200 };
            yield return new(FaultKind.Delay, method) { Probability = 0.05, DelayMs = 800 };
            yield return new(FaultKind.Respond, method) { Probability = 0.02, Status = 400, Body = Unknown };
            yield return new(FaultKind.Respond, method) { Probability = 0.01, Status = 404, Body = Page, ContentType = "text/html" };
            yield return new(FaultKind.RespondAfter, method) { Probability = 0.01, Status = 404, Body = Page, ContentType = "text/html" };
            yield return new(FaultKind.RespondAfter, method) { Probability = 0.01, Status = 200, Body = Page, ContentType = "text/html" };
        }

        foreach (var method in (string[])["sendMessage", "editMessageText", "editMessageReplyMarkup"])
            yield return new(FaultKind.RespondAfter, method) { Probability = 0.02, Status = 200, Body = WrongShape };

        // A hanging call costs its chat the 20 s after which the gateway gives up.
        yield return new(FaultKind.Hang, "sendMessage") { Probability = 0.003 };
        yield return new(FaultKind.Respond, "getUpdates") { Probability = 0.04, Status = 502 };
        yield return new(FaultKind.DropBefore, "getUpdates") { Probability = 0.03 };
        yield return new(FaultKind.DropAfter, "getUpdates") { Probability = 0.05 };
        yield return new(FaultKind.Respond, "getUpdates") { Probability = 0.02, Status = 404, Body = Page, ContentType = "text/html" };
        yield return new(FaultKind.RespondAfter, "getUpdates") { Probability = 0.02, Status = 200, Body = WrongShape };
    }
}
