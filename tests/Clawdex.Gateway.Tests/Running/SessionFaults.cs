extern alias sessions;

using System.Collections.Concurrent;
using System.Globalization;
using Clawdex.Sessions.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Wire = sessions::Clawdex.Sessions.V1;

namespace Clawdex.Gateway.Tests.Running;

/// <summary>What goes wrong between the gateway and the session service, as a test says.</summary>
internal sealed class SessionFaults : Interceptor
{
    private readonly Lock _gate = new();
    private readonly List<(ServerCallContext Call, TaskCompletionSource Ended)> _leases = [];
    private Task _leaseEnded = Task.CompletedTask;

    /// <summary>The chat that a turn belongs to; of a forgotten one nobody knows.</summary>
    public Func<long, string?> ChatOf { get; set; } = _ => null;

    public Status? Outage { get; set; }

    public Func<string, Task>? Before { get; set; }

    public bool WithholdsLease { get; set; }

    /// <summary>Answers gateways that say they live, by their names, as a service does that shares its store; null = the service itself does.</summary>
    public Func<string, KeepAliveResponse>? Life { get; set; }

    public BreakingNetwork? Network { get; set; }

    /// <summary>What turns were completed with.</summary>
    public ConcurrentDictionary<long, AnswerCost> Costs { get; } = new();

    /// <summary>Breaks the holder's call, and lets nobody ask anew before the service knows.</summary>
    public Task BreakLeaseAsync()
    {
        lock (_gate)
        {
            var (call, ended) = _leases[0];
            _leaseEnded = ended.Task;
            call.GetHttpContext().Abort();
            return ended.Task;
        }
    }

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        var method = context.Method[(context.Method.LastIndexOf('/') + 1)..];
        if (request is Wire.CompleteTurnRequest completed)
            Costs.TryAdd(completed.TurnId, new AnswerCost(completed.Model, completed.PromptTokens, completed.CompletionTokens, completed.EstimatedPromptTokens));
        return Network is { } network && TurnOf(request) is { } turnId
            ? network.PassAsync(
                long.TryParse(ChatOf(turnId), CultureInfo.InvariantCulture, out var chatId) ? chatId : 0,
                method,
                () => RunAsync(method, request, context, continuation),
                () => new RpcException(new Status(StatusCode.Unavailable, "lost")),
                CancellationToken.None)
            : RunAsync(method, request, context, continuation);
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        ThrowInOutage();
        if (WithholdsLease)
            await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
        (ServerCallContext Call, TaskCompletionSource Ended) lease = (context, new TaskCompletionSource());
        Task before;
        lock (_gate)
            before = _leaseEnded;
        await before;
        lock (_gate)
            _leases.Add(lease);
        try
        {
            await continuation(request, responseStream, context);
        }
        finally
        {
            lock (_gate)
                _leases.Remove(lease);
            lease.Ended.TrySetResult();
        }
    }

    private async Task<TResponse> RunAsync<TRequest, TResponse>(
        string method, TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        where TRequest : class
        where TResponse : class
    {
        if (Before is { } before)
            await before(method);
        ThrowInOutage();
        return Life is { } life && request is Wire.KeepAliveRequest alive && Wire.KeepAliveResponse.Parser.ParseFrom(life(alive.HolderId).ToByteString()) is TResponse answer ? answer : await continuation(request, context);
    }

    private void ThrowInOutage()
    {
        if (Outage is { } outage)
            throw new RpcException(outage);
    }

    private static long? TurnOf<TRequest>(TRequest request) => request switch
    {
        Wire.UpdateDeliveryRequest update => update.TurnId,
        Wire.CompleteTurnRequest complete => complete.TurnId,
        Wire.FailTurnRequest fail => fail.TurnId,
        Wire.ChargeTurnRequest charge => charge.TurnId,
        _ => null,
    };
}
