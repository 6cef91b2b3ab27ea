using Grpc.Core;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests.Turns;

/// <summary>What one of several gateways calls, in its name.</summary>
internal sealed class GatewayCalls(Wire.Sessions.SessionsClient client, string gateway)
{
    public Metadata Header => new() { { "clawdex-holder", gateway } };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async Task<Wire.Turn> AcceptAsync(string sourceId, string chat = "7", long? userId = null) =>
        (await client.AcceptMessageAsync(
            new Wire.AcceptMessageRequest
            {
                Session = new Wire.SessionId { SessionKey = $"telegram:{chat}", Channel = "telegram", ChatId = chat },
                SourceId = sourceId,
                Text = $"text {sourceId}",
                OriginMessageId = 1,
                Budget = userId is { } charged ? new Wire.Budget { UserId = charged, MaxHistoryMessages = 10 } : null,
            },
            Header,
            cancellationToken: Token)).Turn;

    /// <summary>Ends a turn, and answers what was handed over.</summary>
    public async Task<IReadOnlyList<Wire.Turn>> FailAsync(long turnId) =>
        (await client.FailTurnAsync(new Wire.FailTurnRequest { TurnId = turnId, Error = "unavailable" }, Header, cancellationToken: Token)).Next;

    public async Task<IReadOnlyList<Wire.Turn>> ClaimAsync() =>
        (await client.ClaimTurnsAsync(new Wire.ClaimTurnsRequest(), Header, cancellationToken: Token)).Turns;

    /// <param name="running">What it answers right now, as it was accepted.</param>
    public async Task<Wire.KeepAliveResponse> KeepAliveAsync(bool leaving = false, params IEnumerable<Wire.Turn> running)
    {
        var request = new Wire.KeepAliveRequest { HolderId = gateway, Instance = $"{gateway}'s machine", Leaving = leaving };
        request.Running.AddRange(running.Select(turn => new Wire.RunningTurn { TurnId = turn.TurnId, AcceptedAtUnixMs = turn.AcceptedAtUnixMs }));
        return await client.KeepAliveAsync(request, cancellationToken: Token);
    }
}
