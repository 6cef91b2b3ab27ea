using Clawdex.LlmService.Providers;
using Google.Protobuf;
using Grpc.Core;

namespace Clawdex.LlmService.Api;

/// <summary>The one place where failures become gRPC statuses.</summary>
internal static class GrpcErrors
{
    /// <summary>
    /// Trailer: the facts. They tell a failure of this service from a status that gRPC, or anything else on the way to the caller,
    /// made up: such a status has none.
    /// </summary>
    private const string FailureTrailer = "failure-bin";

    /// <summary>Ends a streaming call with this failure. It is no exception: the caller asked, and this is the answer.</summary>
    public static void Fail(this ServerCallContext context, ProviderFailure failure)
    {
        context.Status = StatusOf(failure);
        context.ResponseTrailers.Add(TrailerOf(failure));
    }

    public static RpcException BadModelName()
    {
        var failure = new ProviderFailure(FailureKind.BadModelName);
        return new RpcException(StatusOf(failure), [TrailerOf(failure)]);
    }

    /// <summary>The caller does not keep to the contract.</summary>
    public static RpcException Malformed(string problem) => new(new Status(StatusCode.InvalidArgument, problem));

    private static Metadata.Entry TrailerOf(ProviderFailure failure) => new(FailureTrailer, Mapping.ToProto(failure).ToByteArray());

    private static Status StatusOf(ProviderFailure failure) => new(
        failure.Kind switch
        {
            FailureKind.BadModelName or FailureKind.InvalidRequest => StatusCode.InvalidArgument,
            FailureKind.UnknownModel => StatusCode.NotFound,
            FailureKind.NotConfigured or FailureKind.NoCredit or FailureKind.AccountRefused or FailureKind.Redirected or FailureKind.WrongAddress => StatusCode.FailedPrecondition,
            FailureKind.KeyRejected or FailureKind.KeyForbidden => StatusCode.Unauthenticated,
            FailureKind.RateLimited or FailureKind.QuotaSpent or FailureKind.NoQuota => StatusCode.ResourceExhausted,
            FailureKind.ContextTooLong => StatusCode.OutOfRange,
            FailureKind.Silent or FailureKind.NotLoaded => StatusCode.DeadlineExceeded,
            _ => StatusCode.Unavailable,
        },
        failure.ToString());
}
