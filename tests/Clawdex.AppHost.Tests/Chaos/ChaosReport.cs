using System.Globalization;

namespace Clawdex.AppHost.Tests.Chaos;

/// <summary>What came out of a chaos run.</summary>
internal sealed record ChaosReport
{
    public required ChaosPlan Plan { get; init; }

    public required string Kills { get; init; }

    public required int SlowSpells { get; init; }

    public required int ServerCrashes { get; init; }

    public required int TelegramFaults { get; init; }

    public required int ModelFaults { get; init; }

    public required TimeSpan Load { get; init; }

    public required TimeSpan Settling { get; init; }

    public required IReadOnlyList<(ChaosUser User, ChatVerdict Verdict)> Chats { get; init; }

    /// <summary>Notices where the model had not failed: its service, or the conversation store, was away for too long.</summary>
    public required int NoticesWithoutFault { get; init; }

    public required IReadOnlyList<string> OpenTurns { get; init; }

    public required IReadOnlyList<string> Integrity { get; init; }

    public bool IsAsItMustBe => Chats.All(chat => chat.Verdict.Findings.Count == 0) && OpenTurns.Count == 0 && Integrity is ["ok"];

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"""
        chaos run with seed {Plan.Seed}: {Load.TotalSeconds:0} s of load, quiet after {Settling.TotalSeconds:0} s more
          kills          {Kills}
          faults         {TelegramFaults} calls to Telegram, {ModelFaults} answers of the model, {SlowSpells} times a slow store, {ServerCrashes} crashes of its server
          messages       {Chats.Sum(chat => chat.User.Asked.Count)} in {Chats.Count} chats
          answers        {Chats.Sum(chat => chat.Verdict.Answers)}
          notices        {Chats.Sum(chat => chat.Verdict.Noticed.Count)}, {NoticesWithoutFault} of them without a fault of the model
          losses         {CountOf(Finding.Lost)}
          duplicates     {CountOf(Finding.Duplicate)}
          half-written   {CountOf(Finding.HalfWritten)}
          leftovers      {CountOf(Finding.Leftover)}
          out of order   {CountOf(Finding.OutOfOrder)}
          needless calls {CountOf(Finding.NeedlessCall)}
          open turns     {OpenTurns.Count}
          integrity      {string.Join("; ", Integrity)}
        """);

    private int CountOf(Finding finding) => Chats.Sum(chat => chat.Verdict.Findings.Count(found => found.Finding == finding));
}
