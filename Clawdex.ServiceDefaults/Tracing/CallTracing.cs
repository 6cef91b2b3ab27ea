using System.Diagnostics;
using System.Globalization;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Clawdex.ServiceDefaults.Tracing;

/// <summary>
/// One client span per gRPC call, from its start to its last message, and the trace context for the server. The HTTP client's
/// own span would end at the first byte of a stream, so it is off for gRPC. A call that no trace asked for (a background
/// stream) begins none, here or in the service that is called.
/// </summary>
internal sealed class CallTracing : Interceptor
{
    private static readonly ActivitySource Source = new("Clawdex.Grpc");

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        using var scope = Begin(ref context, out var span);
        var call = continuation(request, context);
        return span is null
            ? call
            : new AsyncUnaryCall<TResponse>(
                EndAsync(call.ResponseAsync, span), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        using var scope = Begin(ref context, out var span);
        var call = continuation(request, context);
        if (span is null)
            return call;
        var reader = new TracedReader<TResponse>(call.ResponseStream, span);
        return new AsyncServerStreamingCall<TResponse>(reader, call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, () =>
        {
            call.Dispose();
            // The reader had what it wanted and did not wait for the status. Does nothing if it did.
            reader.End(null);
        });
    }

    /// <summary>Starts the span and puts it, or the wish for none, on the wire. The caller's span is current again when the result is disposed.</summary>
    private static CurrentSpan Begin<TRequest, TResponse>(ref ClientInterceptorContext<TRequest, TResponse> context, out Activity? span)
        where TRequest : class where TResponse : class
    {
        var current = new CurrentSpan(Activity.Current);
        span = Activity.Current is null ? null : Source.StartActivity(context.Method.FullName, ActivityKind.Client);
        if (span is { IsAllDataRequested: true })
            RpcAttributes.Set(span, context.Method.FullName);

        var headers = new Metadata();
        foreach (var header in context.Options.Headers ?? [])
            headers.Add(header);
        headers.Add("traceparent", (span ?? Activity.Current)?.Id ?? Untraced());
        if ((span ?? Activity.Current)?.TraceStateString is { Length: > 0 } state)
            headers.Add("tracestate", state);
        context = new(context.Method, context.Host, context.Options.WithHeaders(headers));
        return current;
    }

    private static string Untraced() =>
        string.Create(CultureInfo.InvariantCulture, $"00-{ActivityTraceId.CreateRandom()}-{ActivitySpanId.CreateRandom()}-00");

    private static async Task<TResponse> EndAsync<TResponse>(Task<TResponse> response, Activity span)
    {
        try
        {
            var result = await response;
            RpcAttributes.EndClient(span, StatusCode.OK);
            return result;
        }
        catch (Exception error)
        {
            RpcAttributes.EndClient(span, StatusOf(error));
            throw;
        }
    }

    private static StatusCode StatusOf(Exception error) => error switch
    {
        RpcException rpc => rpc.StatusCode,
        OperationCanceledException => StatusCode.Cancelled,
        _ => StatusCode.Unknown,
    };

    private readonly struct CurrentSpan(Activity? span) : IDisposable
    {
        public void Dispose() => Activity.Current = span;
    }

    private sealed class TracedReader<T>(IAsyncStreamReader<T> inner, Activity span) : IAsyncStreamReader<T>
    {
        private int _ended;

        public T Current => inner.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            try
            {
                if (await inner.MoveNext(cancellationToken))
                    return true;
                End(StatusCode.OK);
                return false;
            }
            catch (Exception error)
            {
                End(StatusOf(error));
                throw;
            }
        }

        public void End(StatusCode? status)
        {
            if (Interlocked.Exchange(ref _ended, 1) == 0)
                RpcAttributes.EndClient(span, status);
        }
    }
}
