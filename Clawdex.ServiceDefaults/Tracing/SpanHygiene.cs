using System.Diagnostics;
using System.Globalization;
using Clawdex.ServiceDefaults.Redaction;
using Grpc.Core;
using OpenTelemetry;

namespace Clawdex.ServiceDefaults.Tracing;

/// <summary>
/// Keeps traces clean before they are exported: drops what tells no story (health probes, HTTP requests that nobody's message
/// caused), describes gRPC calls as OpenTelemetry's conventions do, and replaces secrets in names, attributes, events, links and statuses.
/// </summary>
internal sealed class SpanHygiene(Secrets secrets) : BaseProcessor<Activity>
{
    /// <summary>The spans of calls, from their start to their last message.</summary>
    public const string GrpcClientSource = "Grpc.Net.Client";

    public override void OnStart(Activity data)
    {
        // Background work, such as the refresh of the model catalogue. In a message's trace it always has a parent.
        if (data is { Parent: null, HasRemoteParent: false, Source.Name: "System.Net.Http" or GrpcClientSource })
            Drop(data);
    }

    public override void OnEnd(Activity data)
    {
        if (data is { Kind: ActivityKind.Server } && data.GetTagItem("url.path") is Extensions.HealthPath or Extensions.AlivePath)
        {
            Drop(data);
            return;
        }

        if (data.GetTagItem("grpc.method") is string method)
            DescribeCall(data, method.TrimStart('/'));
        // Whoever cancelled a request knows whether that was an error, and says so in the span around it.
        if (data is { Source.Name: "System.Net.Http", Status: ActivityStatusCode.Error } && data.GetTagItem("error.type") is "System.Threading.Tasks.TaskCanceledException")
            data.SetStatus(ActivityStatusCode.Unset);
        Redact(data);
    }

    /// <summary>From the words of grpc-dotnet to those of the conventions. ASP.NET Core sees a 200 even when the call failed.</summary>
    private static void DescribeCall(Activity data, string name)
    {
        var slash = Math.Max(name.LastIndexOf('/'), 0);
        data.DisplayName = name;
        data.SetTag("grpc.method", null).SetTag("rpc.system", "grpc").SetTag("rpc.service", name[..slash]).SetTag("rpc.method", name[(slash + 1)..]);
        if (!int.TryParse(data.GetTagItem("grpc.status_code")?.ToString(), CultureInfo.InvariantCulture, out var code))
            return;
        data.SetTag("grpc.status_code", null).SetTag("rpc.grpc.status_code", code);
        var status = (StatusCode)code;
        if (data.Kind is ActivityKind.Server ? IsServersFault(status) : status is not (StatusCode.OK or StatusCode.Cancelled))
            data.SetTag("error.type", status.ToString()).SetStatus(ActivityStatusCode.Error);
    }

    /// <summary>As the conventions have it; the others are answers.</summary>
    private static bool IsServersFault(StatusCode status) => status is StatusCode.Unknown or StatusCode.DeadlineExceeded
        or StatusCode.Unimplemented or StatusCode.Internal or StatusCode.Unavailable or StatusCode.DataLoss;

    /// <summary>Keeps a span from every exporter.</summary>
    public static void Drop(Activity data)
    {
        data.IsAllDataRequested = false;
        data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
    }

    private void Redact(Activity data)
    {
        if (secrets.TryRedact(data.DisplayName, out var name))
            data.DisplayName = name;
        if (secrets.TryRedact(data.StatusDescription, out var description))
            data.SetStatus(data.Status, description);
        Redact(data.EnumerateTagObjects());
        foreach (ref readonly var happened in data.EnumerateEvents())
            Redact(happened.EnumerateTagObjects());
        foreach (ref readonly var link in data.EnumerateLinks())
            Redact(link.EnumerateTagObjects());
    }

    /// <summary>In place: the attributes of an event, such as an exception's message and stack trace, cannot be set again.</summary>
    private void Redact(Activity.Enumerator<KeyValuePair<string, object?>> tags)
    {
        foreach (ref var tag in tags)
        {
            if (tag.Value is string text && secrets.TryRedact(text, out var redacted))
                tag = new(tag.Key, redacted);
            else if (tag.Value is string[] texts && texts.Any(item => secrets.TryRedact(item, out _)))
                tag = new(tag.Key, texts.Select(secrets.Redact).ToArray());
            else if (tag.Value is Uri or Exception && secrets.TryRedact(tag.Value.ToString(), out redacted))
                tag = new(tag.Key, redacted);
        }
    }
}
