using System.Collections.Concurrent;
using Clawdex.SessionService.History;
using Clawdex.SessionService.Model;
using Clawdex.SessionService.Turns;
using FsCheck;
using FsCheck.Fluent;

namespace Clawdex.SessionService.Tests.History;

/// <summary>What can be done to one of a few sessions.</summary>
internal enum OperationKind
{
    Accept,
    Complete,
    Show,
    Deliver,
    Fail,
    SetModel,
    Reset,
    Compact,
    UndoCompaction,
    Undo,
    Retry,
    Move,
    Expire,
    Read,
    Idle,
}

/// <summary>One random step. <c>Number</c> chooses among what there is: a turn, a depth, a text's length.</summary>
internal sealed record Operation(OperationKind Kind, int Session, int Number);

/// <summary>Performs random operations on sessions of its own, through the domain, without gRPC in between.</summary>
internal sealed class RandomLoad(ServiceUnderTest service)
{
    private const int SessionCount = 3;

    private readonly ConcurrentBag<long> _turns = [];
    private readonly string _run = Guid.NewGuid().ToString("N");
    private readonly TurnLedger _ledger = service.Get<TurnLedger>();
    private readonly SessionRegistry _registry = service.Get<SessionRegistry>();
    private readonly UndoLedger _undo = service.Get<UndoLedger>();
    private readonly Compactor _compactor = service.Get<Compactor>();
    private readonly HistoryCache _cache = service.Get<HistoryCache>();

    private int _source;

    /// <summary>Sequences in which most steps are what a chat does all day, and the others are rare.</summary>
    public static Arbitrary<Operation[]> Sequences { get; } = Arb.From(
        from operations in Gen.ListOf(
            from kind in Gen.Frequency(
                (12, Gen.Constant(OperationKind.Accept)),
                (10, Gen.Constant(OperationKind.Complete)),
                (3, Gen.Constant(OperationKind.Show)),
                (6, Gen.Constant(OperationKind.Deliver)),
                (2, Gen.Constant(OperationKind.Fail)),
                (1, Gen.Constant(OperationKind.SetModel)),
                (1, Gen.Constant(OperationKind.Reset)),
                (2, Gen.Constant(OperationKind.Compact)),
                (1, Gen.Constant(OperationKind.UndoCompaction)),
                (1, Gen.Constant(OperationKind.Undo)),
                (1, Gen.Constant(OperationKind.Retry)),
                (1, Gen.Constant(OperationKind.Move)),
                (1, Gen.Constant(OperationKind.Expire)),
                (12, Gen.Constant(OperationKind.Read)),
                (1, Gen.Constant(OperationKind.Idle)))
            from session in Gen.Choose(0, SessionCount - 1)
            from number in Gen.Choose(0, 1000)
            select new Operation(kind, session, number))
        select operations.ToArray(),
        // Shrinks a failing sequence to its halves, then by single steps.
        sequence => sequence.Length < 2
            ? []
            : new[] { sequence[..(sequence.Length / 2)], sequence[(sequence.Length / 2)..] }
                .Concat(Enumerable.Range(0, sequence.Length).Select(gap => sequence.Where((_, index) => index != gap).ToArray())));

    public async Task RunAsync(Operation operation, CancellationToken cancellationToken)
    {
        var session = Identity(operation.Session);
        var turn = TurnAt(operation.Number);
        _ = operation.Kind switch
        {
            OperationKind.Accept => await AcceptAsync(session, operation.Number, isRetry: false, cancellationToken),
            OperationKind.Retry => await AcceptAsync(session, operation.Number, isRetry: true, cancellationToken),
            OperationKind.Undo => await _undo.UndoExchangeAsync(session, $"undo {operation.Number % 20}", 1, cancellationToken),
            OperationKind.Complete => await _ledger.CompleteAsync(
                new Answer(turn, new string('a', operation.Number % 50), FinishReason.Stop, "m", operation.Number, 1, EstimatedPromptTokens: 100, null), cancellationToken),
            OperationKind.Show => await _ledger.UpdateDeliveryAsync(turn, [operation.Number], delivered: false, gateway: "", cancellationToken),
            OperationKind.Deliver => await _ledger.UpdateDeliveryAsync(turn, [], delivered: true, gateway: "", cancellationToken),
            OperationKind.Fail => await _ledger.FailAsync(turn, "unavailable", FinishReason.Unknown, charge: null, gateway: "", cancellationToken),
            OperationKind.SetModel => await SetModelAsync(session, operation.Number, cancellationToken),
            OperationKind.Reset => await _registry.ResetAsync(session, $"reset {operation.Number % 20}", 1, cancellationToken),
            OperationKind.Compact => await CompactAsync(session.SessionKey, cancellationToken),
            OperationKind.UndoCompaction => await _undo.UndoCompactionAsync(session, $"undo {operation.Number % 20}", 1, cancellationToken),
            OperationKind.Move => await MoveAsync(session, operation.Number, cancellationToken),
            OperationKind.Expire => await ExpireAsync(cancellationToken),
            OperationKind.Read => await _cache.GetAsync(session.SessionKey, depth: 1 + (operation.Number % 6), cancellationToken),
            _ => Idle(),
        };
    }

    private async Task<object?> SetModelAsync(SessionIdentity session, int number, CancellationToken cancellationToken)
    {
        await _registry.SetModelAsync(session, $"model {number % 3}", cancellationToken);
        return null;
    }

    private object? Idle()
    {
        service.Time.Advance(TimeSpan.FromMinutes(11));
        return null;
    }

    /// <summary>What is older than the last idle time goes.</summary>
    private async Task<object?> ExpireAsync(CancellationToken cancellationToken)
    {
        await service.Get<Retention>().DeleteAsync(service.Time.GetUtcNow() - TimeSpan.FromMinutes(10), cancellationToken);
        return null;
    }

    private async Task<object?> AcceptAsync(SessionIdentity session, int length, bool isRetry, CancellationToken cancellationToken)
    {
        var source = $"{Interlocked.Increment(ref _source)}";
        var message = new NewMessage(session, source, new string('u', 1 + (length % 50)), 1, TraceParent: null, ContinuesTurnId: null) { IsRetry = isRetry };
        if ((await _ledger.AcceptAsync(message, cancellationToken)).TryGet(out var accepted, out _) && accepted.View is { } view)
            _turns.Add(view.Turn.Id);
        return null;
    }

    private async Task<object?> CompactAsync(string sessionKey, CancellationToken cancellationToken) =>
        await _compactor.BeginAsync(sessionKey, maxTokens: 0, cancellationToken) is { } plan
            ? (object)await _compactor.CommitAsync(sessionKey, plan.Messages[0].Id, plan.Messages[^1].Id, "summary", cancellationToken)
            : null;

    private async Task<object?> MoveAsync(SessionIdentity session, int number, CancellationToken cancellationToken)
    {
        var target = Identity(number % SessionCount);
        return target == session ? null : await _registry.MoveAsync(session.Channel, session.ChatId, target.ChatId, cancellationToken);
    }

    private long TurnAt(int number)
    {
        var turns = _turns.ToArray();
        return turns.Length == 0 ? 1 : turns[number % turns.Length];
    }

    private SessionIdentity Identity(int index) => new($"test:{_run}-{index}", "test", $"{_run}-{index}");
}
