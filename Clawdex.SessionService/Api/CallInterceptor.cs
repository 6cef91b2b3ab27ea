using System.Data.Common;
using System.Threading.Channels;
using Clawdex.SessionService.Storage;
using Clawdex.SessionService.Turns;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using SQLitePCL;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Api;

/// <summary>
/// Around each call. It keeps a gateway that lost the lease from taking in messages and moving turns, because another gateway does so
/// now: the loser may not know it yet, is told to try again, and then finds out that it waits. And it is the one mapping of what can
/// break to gRPC statuses: no detail of the database reaches a caller.
/// </summary>
internal sealed class CallInterceptor(Presence presence, ILogger<CallInterceptor> logger) : Interceptor
{
    /// <summary>The metadata that names the calling gateway; a call without it is nobody's rival.</summary>
    public const string Header = "clawdex-holder";

    // Of PostgreSQL's manual, appendix A. Its classes 57P and 08 are a server that stops and a connection that broke; 28 and 3D000 one
    // that lets this service in no more, until somebody tells the two the same password or restores the database. One that became a
    // standby, or that its provider stopped before the disk is full, only reads. A cancellation that reaches this code is nobody's
    // here: one that came too late for the statement before, or an operator's.
    private const string DiskFull = "53100", QueryCanceled = "57014", IdleInTransaction = "25P03", ReadOnly = "25006", NoDatabase = "3D000";

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        if (IsForHolderOnly(request) && context.RequestHeaders.GetValue(Header) is { } caller && !presence.Allows(caller))
            throw new RpcException(new Status(StatusCode.Unavailable, "Another gateway holds the lease."));
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

    /// <summary>The calling gateway; empty = it does not say.</summary>
    public static string CallerOf(ServerCallContext context) => context.RequestHeaders.GetValue(Header) ?? "";

    private static bool IsForHolderOnly<TRequest>(TRequest request) => request is
        Wire.AcceptMessageRequest or Wire.EditQuestionRequest or Wire.UpdateDeliveryRequest or Wire.CompleteTurnRequest or Wire.FailTurnRequest
        or Wire.ChargeTurnRequest or Wire.NoteBudgetToldRequest or Wire.ListOpenTurnsRequest or Wire.ClaimTurnsRequest
        or Wire.ClaimOwnershipRequest or Wire.AddPersonRequest or Wire.RemovePersonRequest;

    internal static Status StatusOf(Exception exception) => DatabaseErrors.CauseOf(exception) switch
    {
        SqliteException { SqliteErrorCode: raw.SQLITE_FULL } => new Status(StatusCode.ResourceExhausted, "The disk is full."),
        SqliteException { SqliteErrorCode: raw.SQLITE_BUSY or raw.SQLITE_LOCKED } => new Status(StatusCode.Unavailable, "The database is busy; try again."),
        SqliteException { SqliteErrorCode: raw.SQLITE_IOERR or raw.SQLITE_CANTOPEN or raw.SQLITE_READONLY } =>
            new Status(StatusCode.Unavailable, "The database file cannot be read or written."),
        SqliteException { SqliteErrorCode: raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB } => new Status(StatusCode.DataLoss, "The database is damaged."),
        DbException { SqlState: DiskFull } => new Status(StatusCode.ResourceExhausted, "The disk is full."),
        DbException { IsTransient: true }
            or DbException { SqlState: ['5', '7', 'P', ..] or ['0', '8', ..] or ['2', '8', ..] or QueryCanceled or IdleInTransaction or ReadOnly or NoDatabase } =>
            new Status(StatusCode.Unavailable, "The database server does not answer; try again."),
        DbUpdateConcurrencyException => new Status(StatusCode.Unavailable, "Another process changed the database."),
        ChannelClosedException or ObjectDisposedException => new Status(StatusCode.Unavailable, "The service is shutting down."),
        _ => new Status(StatusCode.Internal, "The session service failed; its log says why."),
    };
}
