using System.Threading.Channels;
using Clawdex.Sessions.V1;
using Grpc.Core;

namespace Clawdex.Gateway.Tests.Running;

/// <summary>
/// The lease of the fake session service: the first caller has it, the others wait in line. After <see cref="DropAll"/> it
/// waits for the former holder without end, where the real one does so for a moment.
/// </summary>
internal sealed class LeaseQueue
{
    private readonly Lock _gate = new();
    private readonly List<Claim> _claims = [];
    private bool _expectsHolder;

    public void DropAll()
    {
        lock (_gate)
        {
            _claims.ForEach(claim => claim.News.Writer.TryComplete());
            _expectsHolder = _claims.Count > 0;
            _claims.Clear();
        }
    }

    public void Steal()
    {
        lock (_gate)
        {
            _claims.Reverse();
            Report();
        }
    }

    public async Task ServeAsync(HoldLeaseRequest request, IServerStreamWriter<LeaseState> responses, CancellationToken cancelled)
    {
        var claim = new Claim(request.Instance, Channel.CreateUnbounded<LeaseState>());
        lock (_gate)
        {
            if (request.Standing is LeaseStanding.Held)
                _claims.Insert(0, claim);
            else
                _claims.Add(claim);
            _expectsHolder &= request.Standing is not LeaseStanding.Held;
            Report();
        }

        try
        {
            await foreach (var state in claim.News.Reader.ReadAllAsync(cancelled))
                await responses.WriteAsync(state, cancelled);
        }
        catch (OperationCanceledException)
        {
            // The gateway is gone.
        }
        finally
        {
            lock (_gate)
            {
                _claims.Remove(claim);
                Report();
            }
        }
    }

    private void Report()
    {
        for (var i = 0; i < _claims.Count; i++)
            _claims[i].News.Writer.TryWrite(i == 0 && !_expectsHolder ? new LeaseState { Held = true } : new LeaseState { HolderInstance = _expectsHolder ? "" : _claims[0].Instance });
    }

    private sealed record Claim(string Instance, Channel<LeaseState> News);
}
