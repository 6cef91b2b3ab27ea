using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Clawdex.TelegramEmulator.Faults;
using Microsoft.Extensions.Options;

namespace Clawdex.TelegramEmulator.BotApi;

/// <summary>The Bot API over HTTP: <c>/bot&lt;token&gt;/&lt;method&gt;</c>, with injected faults around each call.</summary>
internal sealed class BotApiEndpoint(
    BotMethods methods,
    FaultRules faults,
    TimeProvider time,
    IOptions<TelegramEmulatorOptions> options)
{
    private readonly byte[] _token = Encoding.UTF8.GetBytes(options.Value.Token);

    public async Task HandleAsync(HttpContext context)
    {
        var token = (string?)context.GetRouteValue("token") ?? "";
        var method = (string?)context.GetRouteValue("method") ?? "";
        try
        {
            if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), _token))
                await WriteAsync(context, BotResult.Error(401, token.Contains(':', StringComparison.Ordinal) ? "Unauthorized" : "Unauthorized: invalid token specified"));
            else if (!methods.Contains(method))
                await WriteAsync(context, BotResult.Error(404, "Not Found: method not found"));
            else if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsPost(context.Request.Method))
                await WriteAsync(context, BotResult.Error(405, "Method Not Allowed"));
            else
                await CallAsync(context, method);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client went away: nobody is left to answer.
        }
    }

    private async Task CallAsync(HttpContext context, string method)
    {
        var arrivedAt = time.GetUtcNow();
        var (arguments, error) = await BotCallReader.ReadAsync(context.Request, context.RequestAborted);
        if (arguments is null)
        {
            await WriteAsync(context, error ?? BotResult.BadRequest("can't parse request"));
            return;
        }

        var call = new BotCall(method, arguments, context.RequestAborted) { ArrivedAt = arrivedAt };
        if (faults.Take(method, call.ChatId) is { } fault)
            await FailAsync(context, call, fault);
        else
            await WriteAsync(context, await methods.InvokeAsync(call));
    }

    private async Task FailAsync(HttpContext context, BotCall call, ActiveFault active)
    {
        var fault = active.Fault;
        switch (fault.Kind)
        {
            case FaultKind.Respond:
                methods.Record(call, BotResult.Error(fault.Status, $"injected: HTTP {fault.Status}"), active.Id);
                await RespondAsync(context, fault);
                break;
            case FaultKind.RespondAfter:
                await methods.InvokeAsync(call);
                await RespondAsync(context, fault);
                break;
            case FaultKind.TooManyRequests:
                var refusal = BotResult.TooManyRequests(fault.RetryAfter ?? 1);
                methods.Record(call, refusal, active.Id);
                await WriteAsync(context, refusal);
                break;
            case FaultKind.DropBefore:
                methods.Record(call, BotResult.Error(0, "injected: connection dropped before delivery"), active.Id);
                context.Abort();
                break;
            case FaultKind.DropAfter:
                await methods.InvokeAsync(call);
                await Task.Delay(TimeSpan.FromMilliseconds(fault.DelayMs), time, call.Aborted);
                context.Abort();
                break;
            case FaultKind.Delay:
                await Task.Delay(TimeSpan.FromMilliseconds(fault.DelayMs), time, call.Aborted);
                await WriteAsync(context, await methods.InvokeAsync(call));
                break;
            case FaultKind.Hang:
                methods.Record(call, BotResult.Error(0, "injected: never answered"), active.Id);
                await Task.Delay(Timeout.InfiniteTimeSpan, time, call.Aborted);
                break;
            default:
                throw new InvalidOperationException($"Unknown fault {fault.Kind}");
        }
    }

    private static async Task RespondAsync(HttpContext context, Fault fault)
    {
        context.Response.StatusCode = fault.Status;
        context.Response.ContentType = fault.ContentType;
        if (fault.RetryAfter is { } seconds)
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        await context.Response.WriteAsync(fault.Body, context.RequestAborted);
    }

    private static async Task WriteAsync(HttpContext context, BotResult result)
    {
        if (result == BotResult.Dropped)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = result.Status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = result.Body.Length;
        if (result.Failure?.Parameters?.RetryAfter is { } seconds)
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        await context.Response.Body.WriteAsync(result.Body, context.RequestAborted);
    }
}
