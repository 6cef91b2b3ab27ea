using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Grpc.Core;

namespace Clawdex.ServiceDefaults.Tracing;

/// <summary>The attributes and statuses that OpenTelemetry's conventions ask of the two spans of a gRPC call.</summary>
internal static class RpcAttributes
{
    // As many as the contracts have methods: a server tells only those that it has, and its clients have no others.
    private static readonly ConcurrentDictionary<string, (string Name, string Service, string Method)> Names = new();

    /// <param name="method">As on the wire: <c>/package.Service/Method</c>.</param>
    public static void Set(Activity span, string method)
    {
        var (name, service, verb) = Names.GetOrAdd(method, Parse);
        span.DisplayName = name;
        span.SetTag("rpc.system", "grpc").SetTag("rpc.service", service).SetTag("rpc.method", verb);
    }

    private static (string Name, string Service, string Method) Parse(string method)
    {
        var name = method.TrimStart('/');
        var slash = name.LastIndexOf('/');
        return (name, name[..Math.Max(slash, 0)], name[(slash + 1)..]);
    }

    /// <summary>Ends a client's span. A call that its caller cancelled has not failed.</summary>
    /// <param name="status">Null = the caller did not wait for it.</param>
    public static void EndClient(Activity span, StatusCode? status)
    {
        if (status is not null)
            span.SetTag("rpc.grpc.status_code", (int)status);
        if (status is not (null or StatusCode.OK or StatusCode.Cancelled))
            span.SetTag("error.type", status.ToString()).SetStatus(ActivityStatusCode.Error);
        span.Dispose();
    }

    /// <summary>Names a server's span, which ASP.NET Core made for an HTTP request that is a 200 even when the call failed.</summary>
    public static void OnServer(Activity span, string method)
    {
        Set(span, method);
        span.SetTag("grpc.method", null);
        if (!int.TryParse(span.GetTagItem("grpc.status_code")?.ToString(), CultureInfo.InvariantCulture, out var code))
            return;
        span.SetTag("rpc.grpc.status_code", code).SetTag("grpc.status_code", null);
        // What the conventions call the server's own fault; the others are answers.
        if ((StatusCode)code is StatusCode.Unknown or StatusCode.DeadlineExceeded or StatusCode.Unimplemented or StatusCode.Internal
            or StatusCode.Unavailable or StatusCode.DataLoss)
            span.SetTag("error.type", ((StatusCode)code).ToString()).SetStatus(ActivityStatusCode.Error);
    }
}
