using Clawdex.SessionService.Model;
using Grpc.Core;

namespace Clawdex.SessionService.Api;

/// <summary>Refusals and malformed requests as gRPC statuses. <see cref="FailureInterceptor"/> does the same for failures.</summary>
internal static class StatusMapping
{
    /// <summary>The result, or the refusal as the call's status.</summary>
    public static T OrThrow<T>(this Outcome<T> outcome) =>
        outcome.TryGet(out var value, out var refusal)
            ? value
            : throw new RpcException(new Status(CodeOf(refusal.Kind), refusal.Reason));

    public static RpcException Invalid(string problem) => new(new Status(StatusCode.InvalidArgument, problem));

    private static StatusCode CodeOf(RefusalKind kind) => kind switch
    {
        RefusalKind.NotFound => StatusCode.NotFound,
        RefusalKind.NotAllowed => StatusCode.FailedPrecondition,
        _ => StatusCode.Internal,
    };
}
