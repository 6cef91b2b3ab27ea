using System.Globalization;
using Clawdex.AppHost.Configuration;
using Clawdex.ServiceDefaults.Calls;
using Clawdex.ServiceDefaults.Settings;
using Clawdex.SessionService;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace Clawdex.AppHost.Audit;

/// <summary>What the checks look at.</summary>
/// <param name="SecretVariables">Environment variables that hold a secret.</param>
/// <param name="OpenPaths">Files and folders with keys or conversations that other accounts of the machine may read or enter.</param>
internal sealed record AuditFacts(ClawdexSettings Settings, IConfiguration Configuration, IReadOnlyList<string> SecretVariables, IReadOnlyList<string> OpenPaths);

/// <summary>What may be open. Each check is a function of what is configured, and says so when all is well.</summary>
internal static class Checks
{
    private const string Limits = "agent:limits";
    private const string AllowedModels = "agent:allowedModels";
    private const string AllowedUsers = "channels:telegram:allowedUsers";

    public static IReadOnlyList<Func<AuditFacts, IEnumerable<Finding>>> All { get; } = [Access, Files, Urls, Secrets, Budgets, Models, Addresses, Telemetry];

    private static IEnumerable<Finding> Access(AuditFacts facts)
    {
        if (facts.Settings.EmulatesTelegram)
            return [Ok("access", "Telegram is emulated: only this machine chats")];
        var allowed = facts.Settings.ListOf(AllowedUsers);
        List<Finding> open = [];
        if (allowed.Contains("*"))
            open.Add(new(Severity.Critical, "access", "everyone on Telegram may use the bot, at your cost", $"name people by their numbers in {AllowedUsers}, or leave it out and claim the bot"));
        if (facts.Settings.IsTrue("channels:telegram:everyoneIsOwner"))
            open.Add(new(Severity.Critical, "access", "everyone on Telegram is the bot's owner", "leave channels:telegram:everyoneIsOwner out: it is for the emulator"));
        if (facts.Settings.IsTrue("channels:telegram:allowRequests"))
            open.Add(new(Severity.Warning, "access", "strangers may ask you to let them in", "set channels:telegram:allowRequests to false when nobody new is to come"));
        return OrOk(open, "access", allowed.Count == 0
            ? "nobody may use the bot but who claimed it, and whom he lets in"
            : string.Create(CultureInfo.InvariantCulture, $"nobody may use the bot but whom {AllowedUsers} names ({allowed.Count})"));
    }

    private static IEnumerable<Finding> Files(AuditFacts facts) => OrOk(
        facts.OpenPaths.Select(path => new Finding(
            Directory.Exists(path) ? Severity.Warning : Severity.Critical, "files", $"{path} is open to other accounts of this machine", $"chmod go= '{path}'")),
        "files", "what holds keys and conversations is closed to other accounts of this machine");

    private static IEnumerable<Finding> Urls(AuditFacts facts) => OrOk(
        [
            .. from key in ClawdexKeys.Known.All
               from rule in key.Rules.OfType<HttpUrlAttribute>()
               where HttpUrlAttribute.IsReadableOnTheWay(facts.Settings[key.Name])
               select new Finding(Severity.Warning, "urls", $"{key.Name} goes to another machine in plain text", "use https"),
            .. Postgres(facts.Settings.PostgresServer ?? ""),
        ],
        "urls", "what leaves this machine is encrypted");

    private static IEnumerable<Finding> Postgres(string server) =>
        PostgresConnection.Parse(server, out _) is not { } connection || !PostgresConnection.LeavesThisMachine(connection) ? []
        : connection.SslMode switch
        {
            SslMode.VerifyCA or SslMode.VerifyFull => [],
            SslMode.Require => [new(Severity.Warning, "urls", "ConnectionStrings:sessions is encrypted, but whoever stands between can pass for the server", "add SSL Mode=VerifyFull, and Root Certificate=… where no known authority signed the server's")],
            var weak => [new(Severity.Warning, "urls", $"ConnectionStrings:sessions may go to another machine in plain text (SSL Mode={weak})", "use SSL Mode=VerifyFull")],
        };

    private static IEnumerable<Finding> Secrets(AuditFacts facts) => OrOk(
        facts.SecretVariables.Select(variable => new Finding(
            Severity.Warning, "secrets", $"{variable} is in the environment, which each program that you start inherits", "put it into the config file, or into a file that …File names")),
        "secrets", "none is in the environment");

    private static IEnumerable<Finding> Budgets(AuditFacts facts) => facts.Settings.EmulatesModels
        ? [Ok("budgets", "the models are emulated and cost nothing")]
        : OrOk(
            from limit in (IEnumerable<(string Key, string What)>)
            [
                ("tokensPerDay", "tokens that all may use in a day"), ("tokensPerUserPerDay", "tokens that one person may use in a day"),
                ("answersAtOnce", "answers at the same time"), ("answersAtOncePerUser", "answers at the same time for one person"), ("maxOutputTokens", "length of an answer"),
            ]
            let key = $"{Limits}:{limit.Key}"
            where ValueOf(facts, key) is null or "0"
            select new Finding(Severity.Warning, "budgets", $"{limit.What}: unlimited", $"set {key}"),
            "budgets", $"each of {Limits} is set");

    private static IEnumerable<Finding> Models(AuditFacts facts)
    {
        var patterns = facts.Settings.ListOf(AllowedModels);
        if (!facts.Settings.EmulatesModels && patterns.Count == 0)
            return [new(Severity.Warning, "models", "whoever may chat may choose any model, the dearest as well", $"list patterns in {AllowedModels}")];
        // What is left of such a pattern names no provider and no model.
        return OrOk(
            from pattern in patterns
            where !facts.Settings.EmulatesModels && pattern.Trim('*', '?', '/').Length == 0
            select new Finding(Severity.Warning, "models", $"whoever may chat may choose any model, also one that nobody knows: {pattern} in {AllowedModels} is all of them", "list narrower patterns"),
            "models", "only models that you have allowed can be chosen");
    }

    private static IEnumerable<Finding> Addresses(AuditFacts facts) => OrOk(
        [
            .. from open in BindAddress.OpenEndpoints(facts.Configuration).Concat(BindAddress.OpenAddresses(facts.Configuration, "ASPNETCORE_"))
               select new Finding(Severity.Warning, "addresses", $"{open} lets other machines in, without TLS of its own", "listen on localhost, behind a proxy that ends TLS"),
            .. facts.Configuration["emulator:host"] is { Length: > 0 }
                ? [new Finding(Severity.Warning, "addresses", "an emulator answers to a name besides this machine's (emulator:host)", "leave it out")]
                : Array.Empty<Finding>(),
            .. facts.Settings.IsTrue("ASPIRE_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS") || facts.Settings.IsTrue("DOTNET_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS")
                ? [new Finding(Severity.Critical, "addresses", "the dashboard, which shows every setting, lets everyone in", "leave ASPIRE_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS out")]
                : Array.Empty<Finding>(),
        ],
        "addresses", "everything listens to this machine alone");

    private static IEnumerable<Finding> Telemetry(AuditFacts facts) => facts.Settings.IsTrue(Services.CaptureMessageContent)
        ? [new(Severity.Warning, "telemetry", "people's messages are recorded in traces", $"leave {Services.CaptureMessageContent} out")]
        : [Ok("telemetry", "no message is recorded in traces")];

    /// <summary>What is configured, or what the service takes by itself; null = neither is known.</summary>
    private static string? ValueOf(AuditFacts facts, string key) =>
        facts.Settings[key] ?? (ClawdexKeys.Known.Find(key)?.Default is { } value ? Convert.ToString(value, CultureInfo.InvariantCulture) : null);

    private static Finding Ok(string area, string what) => new(Severity.Ok, area, what);

    private static IEnumerable<Finding> OrOk(IEnumerable<Finding> findings, string area, string what) => findings.DefaultIfEmpty(Ok(area, what));
}
