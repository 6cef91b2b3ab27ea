using System.Globalization;
using System.Text;
using Clawdex.LlmService.Providers;
using Grpc.Core;

namespace Clawdex.LlmService.Api;

/// <summary>The one place where failures become gRPC statuses.</summary>
internal static class GrpcErrors
{
    /// <summary>Trailer: milliseconds after which the same call may work.</summary>
    public const string RetryAfterTrailer = "retry-after-ms";

    /// <summary>
    /// Trailer: UTF-8 words for a user. They tell a failure of this service from a status that gRPC, or anything else on the way
    /// to the caller, made up: such a status has none, and its message is nothing for users.
    /// </summary>
    public const string WordsTrailer = "words-bin";

    /// <summary>Ends a streaming call with this failure. It is no exception: the caller asked, and this is the answer.</summary>
    public static void Fail(this ServerCallContext context, ProviderFailure failure)
    {
        context.Status = new Status(CodeOf(failure.Kind), failure.Message);
        context.ResponseTrailers.Add(WordsTrailer, Encoding.UTF8.GetBytes(failure.Message));
        if (failure.RetryAfter is { } wait)
            context.ResponseTrailers.Add(RetryAfterTrailer, Math.Ceiling(wait.TotalMilliseconds).ToString("0", CultureInfo.InvariantCulture));
    }

    public static RpcException InvalidArgument(string message) =>
        new(new Status(StatusCode.InvalidArgument, message), new Metadata { { WordsTrailer, Encoding.UTF8.GetBytes(message) } });

    private static StatusCode CodeOf(FailureKind kind) => kind switch
    {
        FailureKind.InvalidRequest => StatusCode.InvalidArgument,
        FailureKind.UnknownModel => StatusCode.NotFound,
        FailureKind.NotConfigured => StatusCode.FailedPrecondition,
        FailureKind.KeyRejected => StatusCode.Unauthenticated,
        FailureKind.RateLimited => StatusCode.ResourceExhausted,
        FailureKind.ContextTooLong => StatusCode.OutOfRange,
        FailureKind.Refused => StatusCode.FailedPrecondition,
        FailureKind.Silent => StatusCode.DeadlineExceeded,
        _ => StatusCode.Unavailable,
    };
}
