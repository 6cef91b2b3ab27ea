using System.Threading.Channels;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using SQLitePCL;

namespace Clawdex.SessionService.Api;

/// <summary>The one mapping of what can break to gRPC statuses. No detail of the database reaches a caller.</summary>
internal sealed class FailureInterceptor(ILogger<FailureInterceptor> logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            if (context.CancellationToken.IsCancellationRequested && exception is OperationCanceledException)
                throw new RpcException(new Status(StatusCode.Cancelled, "The call was cancelled."));
            var status = StatusOf(exception);
            if (status.StatusCode == StatusCode.Internal)
                logger.CallFailed(context.Method, exception);
            throw new RpcException(status);
        }
    }

    internal static Status StatusOf(Exception exception) => exception switch
    {
        SqliteException { SqliteErrorCode: raw.SQLITE_FULL } => new Status(StatusCode.ResourceExhausted, "The disk is full."),
        SqliteException { SqliteErrorCode: raw.SQLITE_BUSY or raw.SQLITE_LOCKED } => new Status(StatusCode.Unavailable, "The database is busy; try again."),
        SqliteException { SqliteErrorCode: raw.SQLITE_IOERR or raw.SQLITE_CANTOPEN or raw.SQLITE_READONLY } =>
            new Status(StatusCode.Unavailable, "The database file cannot be read or written."),
        SqliteException { SqliteErrorCode: raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB } => new Status(StatusCode.DataLoss, "The database is damaged."),
        DbUpdateConcurrencyException => new Status(StatusCode.Unavailable, "Another process changed the database."),
        ChannelClosedException or ObjectDisposedException => new Status(StatusCode.Unavailable, "The service is shutting down."),
        _ => new Status(StatusCode.Internal, "The session service failed; its log says why."),
    };
}
