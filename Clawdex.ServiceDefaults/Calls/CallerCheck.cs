using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Clawdex.ServiceDefaults.Calls;

/// <summary>
/// Refuses every call, of whichever method, that does not carry the services' secret. The refusal has a trailer of its own, so
/// that nobody takes it for the answer of a model's provider.
/// </summary>
internal sealed class CallerCheck(IOptions<CallSettings> options) : Interceptor
{
    private readonly string? _expected = options.Value.Bearer;

    /// <summary>Whether a request carries the secret. The comparison takes as long for a good guess as for a bad one, and allocates nothing.</summary>
    public static bool IsFromCaller(HttpContext context, string bearer) => CryptographicOperations.FixedTimeEquals(
        MemoryMarshal.AsBytes(context.Request.Headers.Authorization.ToString().AsSpan()), MemoryMarshal.AsBytes(bearer.AsSpan()));

    /// <summary>Says why the service must not start: without a secret, nobody but this machine may reach it. Null = it may.</summary>
    public string? ProblemOf(IConfiguration configuration) =>
        _expected is null && BindAddress.OpenEndpoints(configuration).FirstOrDefault() is { } open
            ? $"{CallSettings.Section}:secret is missing: {open}:Url lets other machines call this service"
            : null;

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        Check(context);
        return continuation(request, context);
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(context);
        return continuation(request, responseStream, context);
    }

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(context);
        return continuation(requestStream, context);
    }

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(context);
        return continuation(requestStream, responseStream, context);
    }

    private void Check(ServerCallContext context)
    {
        if (_expected is not null && !IsFromCaller(context.GetHttpContext(), _expected))
            throw new RpcException(
                new Status(StatusCode.Unauthenticated, "This call does not carry the services' secret (calls:secret)."), new Metadata { { CallSettings.RefusalTrailer, "secret" } });
    }
}
