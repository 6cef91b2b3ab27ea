using System.Data.Common;
using System.Threading.Channels;
using Clawdex.SessionService.Storage;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using SQLitePCL;

namespace Clawdex.SessionService.Api;

/// <summary>The one mapping of what can break to gRPC statuses. No detail of the database reaches a caller.</summary>
internal sealed class FailureInterceptor(ILogger<FailureInterceptor> logger) : Interceptor
{
    // Of PostgreSQL's manual, appendix A. Its classes 57P and 08 are a server that stops and a connection that broke. A cancellation
    // that reaches this code is nobody's here: one that came too late for the statement before, or an operator's.
    private const string DiskFull = "53100", QueryCanceled = "57014", IdleInTransaction = "25P03";

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

    internal static Status StatusOf(Exception exception) => DatabaseErrors.CauseOf(exception) switch
    {
        SqliteException { SqliteErrorCode: raw.SQLITE_FULL } => new Status(StatusCode.ResourceExhausted, "The disk is full."),
        SqliteException { SqliteErrorCode: raw.SQLITE_BUSY or raw.SQLITE_LOCKED } => new Status(StatusCode.Unavailable, "The database is busy; try again."),
        SqliteException { SqliteErrorCode: raw.SQLITE_IOERR or raw.SQLITE_CANTOPEN or raw.SQLITE_READONLY } =>
            new Status(StatusCode.Unavailable, "The database file cannot be read or written."),
        SqliteException { SqliteErrorCode: raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB } => new Status(StatusCode.DataLoss, "The database is damaged."),
        DbException { SqlState: DiskFull } => new Status(StatusCode.ResourceExhausted, "The disk is full."),
        DbException { IsTransient: true } or DbException { SqlState: ['5', '7', 'P', ..] or ['0', '8', ..] or QueryCanceled or IdleInTransaction } =>
            new Status(StatusCode.Unavailable, "The database server does not answer; try again."),
        DbUpdateConcurrencyException => new Status(StatusCode.Unavailable, "Another process changed the database."),
        ChannelClosedException or ObjectDisposedException => new Status(StatusCode.Unavailable, "The service is shutting down."),
        _ => new Status(StatusCode.Internal, "The session service failed; its log says why."),
    };
}
