using Clawdex.SessionService.Turns;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Api;

/// <summary>
/// Keeps a gateway that lost the lease from taking in messages and moving turns, because another gateway does so now. The loser
/// may not know it yet: it is told to try again, and then finds out that it waits.
/// </summary>
internal sealed class HolderInterceptor(Presence presence) : Interceptor
{
    /// <summary>The metadata that names the calling gateway; a call without it is nobody's rival.</summary>
    public const string Header = "clawdex-holder";

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        IsForHolderOnly(request) && context.RequestHeaders.GetValue(Header) is { } caller && !presence.Allows(caller)
            ? throw new RpcException(new Status(StatusCode.Unavailable, "Another gateway holds the lease."))
            : continuation(request, context);

    /// <summary>The calling gateway; empty = it does not say.</summary>
    public static string CallerOf(ServerCallContext context) => context.RequestHeaders.GetValue(Header) ?? "";

    private static bool IsForHolderOnly<TRequest>(TRequest request) => request is
        Wire.AcceptMessageRequest or Wire.EditQuestionRequest or Wire.UpdateDeliveryRequest or Wire.CompleteTurnRequest or Wire.FailTurnRequest
        or Wire.ChargeTurnRequest or Wire.NoteBudgetToldRequest or Wire.ListOpenTurnsRequest or Wire.ClaimTurnsRequest
        or Wire.ClaimOwnershipRequest or Wire.AddPersonRequest or Wire.RemovePersonRequest;
}
