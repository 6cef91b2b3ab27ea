using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Clawdex.ServiceDefaults.Tracing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Clawdex.ServiceDefaults.Calls;

/// <summary>
/// Refuses every gRPC call, of whichever method, that does not carry the services' secret. It stands before everything else, because
/// gRPC reads and parses a message before its interceptors see the call: who does not know the secret costs no memory, no span and no
/// log line. The refusal has a trailer of its own, so that nobody takes it for the answer of a model's provider.
/// </summary>
internal sealed class CallerCheck(IOptions<CallSettings> options) : IStartupFilter
{
    /// <summary>gRPC answers no request of another type.</summary>
    private const string ContentType = "application/grpc";

    private const string Unauthenticated = "16";

    private readonly string? _expected = options.Value.Bearer;

    /// <summary>Whether a request carries the secret. The comparison takes as long for a good guess as for a bad one, and allocates nothing.</summary>
    public static bool IsFromCaller(HttpContext context, string bearer) => CryptographicOperations.FixedTimeEquals(
        MemoryMarshal.AsBytes(context.Request.Headers.Authorization.ToString().AsSpan()), MemoryMarshal.AsBytes(bearer.AsSpan()));

    /// <summary>Says why the service must not start: without a secret, nobody but this machine may reach it. Null = it may.</summary>
    public string? ProblemOf(IConfiguration configuration) =>
        _expected is null && BindAddress.OpenEndpoints(configuration).FirstOrDefault() is { } open
            ? $"{CallSettings.Section}:secret is missing: {open} lets other machines call this service"
            : null;

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        if (_expected is { } bearer)
            app.Use(answer => context => IsCall(context.Request) && !IsFromCaller(context, bearer) ? RefuseAsync(context) : answer(context));
        next(app);
    };

    private static bool IsCall(HttpRequest request) => request.ContentType is { } type && type.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase);

    /// <summary>The answer that gRPC calls "trailers only": what else would follow a message stands in its head.</summary>
    private static Task RefuseAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpActivityFeature>() is { } request)
            SpanHygiene.Drop(request.Activity);
        var head = context.Response.Headers;
        head.ContentType = ContentType;
        head.GrpcStatus = Unauthenticated;
        head.GrpcMessage = "This call does not carry the services' secret (calls:secret).";
        head[CallSettings.RefusalTrailer] = "secret";
        return Task.CompletedTask;
    }
}
