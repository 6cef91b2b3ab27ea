using Grpc.Core;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests.Processes;

/// <summary>
/// One chat under random load, over many lives of the service. Remembers what was acknowledged, and what was asked when the
/// service died: that may have happened or not, and is asked again first.
/// </summary>
internal sealed class CrashLoad(int chat, Random random)
{
    private readonly Wire.SessionId _session = new() { SessionKey = $"telegram:{chat}", Channel = "telegram", ChatId = $"{chat}" };
    private readonly List<string> _acknowledged = [];
    private readonly Dictionary<long, Wire.TurnState> _states = [];

    private int _sent;
    private long _turnId;
    private Wire.TurnState _state = Wire.TurnState.Delivered;

    public string SessionKey => _session.SessionKey;

    /// <summary>Texts whose storing was acknowledged, in order.</summary>
    public IReadOnlyList<string> Acknowledged => _acknowledged;

    /// <summary>The newest state that was acknowledged, by turn.</summary>
    public IReadOnlyDictionary<long, Wire.TurnState> States => _states;

    /// <summary>Makes calls until the service dies, and tells <paramref name="acknowledge"/> of each that was answered.</summary>
    public async Task RunAsync(Wire.Sessions.SessionsClient client, Action acknowledge, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await StepAsync(client, cancellationToken);
                acknowledge();
            }
        }
        catch (RpcException exception) when (exception.StatusCode is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Cancelled or StatusCode.Unknown)
        {
            // Killed.
        }
    }

    /// <summary>A call that leads the chat on from what it knows to be stored; the same one again after a crash.</summary>
    private async Task StepAsync(Wire.Sessions.SessionsClient client, CancellationToken cancellationToken)
    {
        switch (_state)
        {
            case Wire.TurnState.Accepted:
                var shown = await client.UpdateDeliveryAsync(
                    new Wire.UpdateDeliveryRequest { TurnId = _turnId, ReplyMessageIds = { _turnId } }, cancellationToken: cancellationToken);
                Remember(shown.State);
                break;
            case Wire.TurnState.Streaming when _turnId % 7 == 0:
                var failed = await client.FailTurnAsync(
                    new Wire.FailTurnRequest { TurnId = _turnId, Error = "unavailable" }, cancellationToken: cancellationToken);
                Remember(failed.State);
                break;
            case Wire.TurnState.Streaming:
                var completed = await client.CompleteTurnAsync(
                    new Wire.CompleteTurnRequest { TurnId = _turnId, Text = $"answer {_turnId}", FinishReason = Wire.FinishReason.Stop }, cancellationToken: cancellationToken);
                Remember(completed.State);
                break;
            case Wire.TurnState.Answered:
                var delivered = await client.UpdateDeliveryAsync(
                    new Wire.UpdateDeliveryRequest { TurnId = _turnId, Delivered = true }, cancellationToken: cancellationToken);
                Remember(delivered.State);
                break;
            default:
                await AcceptAsync(client, cancellationToken);
                break;
        }
    }

    private async Task AcceptAsync(Wire.Sessions.SessionsClient client, CancellationToken cancellationToken)
    {
        var text = $"message {_sent}";
        var accepted = await client.AcceptMessageAsync(
            new Wire.AcceptMessageRequest { Session = _session, SourceId = text, Text = text }, cancellationToken: cancellationToken);
        _acknowledged.Add(text);
        _sent++;
        _turnId = accepted.Turn.TurnId;
        Remember(accepted.Turn.State);
        // Not every turn is led to its end.
        if (random.Next(4) == 0)
            _state = Wire.TurnState.Delivered;
    }

    private void Remember(Wire.TurnState state)
    {
        _state = state;
        _states[_turnId] = state;
    }
}
