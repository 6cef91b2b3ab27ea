using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Clawdex.LlmEmulator.Requests;
using Clawdex.LlmEmulator.Wire;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Clawdex.LlmEmulator.Scripts;

/// <summary>Plays one script onto one HTTP response.</summary>
internal sealed class ScriptPlayer(
    HttpContext context, IWireFormat wire, LlmRequest request, ScriptQueue holds, TimeProvider timeProvider)
{
    /// <summary>Bytes that may wait unsent inside a long run of the same text.</summary>
    private const int FlushThreshold = 64 * 1024;

    private static readonly TimeSpan PatienceAfterCut = TimeSpan.FromSeconds(1);

    private readonly CancellationToken _gone = context.RequestAborted;

    public async Task PlayAsync(IReadOnlyList<ScriptStep> steps)
    {
        if (steps is not [ScriptStep.Respond, ..])
            Start(StatusCodes.Status200OK, "text/event-stream", wire.Headers);
        foreach (var step in steps)
            await PlayAsync(step);
    }

    private Task PlayAsync(ScriptStep step) => step switch
    {
        ScriptStep.Respond respond => RespondAsync(respond),
        ScriptStep.Text text => RepeatAsync(wire.Text(request.Model, text.Value), text.Count),
        ScriptStep.Thought thought => EventAsync(wire.Thought(request.Model, thought.Value)),
        ScriptStep.Finish finish => FinishAsync(finish),
        ScriptStep.Data data => WriteAsync(Frame(data.Payload)),
        ScriptStep.Raw { Base64: { } base64 } => WriteAsync(Convert.FromBase64String(base64)),
        ScriptStep.Raw raw => WriteAsync(raw.Content ?? ""),
        ScriptStep.Comment comment => WriteAsync($": {comment.Value}{wire.LineEnd}{wire.LineEnd}"),
        ScriptStep.Delay delay => Task.Delay(TimeSpan.FromMilliseconds(delay.Milliseconds), timeProvider, _gone),
        ScriptStep.Hold hold => HoldAsync(hold.Name),
        ScriptStep.Stall => StallAsync(),
        ScriptStep.Cut => CutAsync(),
        ScriptStep.HalfClose => HalfCloseAsync(Timeout.InfiniteTimeSpan),
        _ => throw new NotSupportedException($"{step.GetType().Name} has no player"),
    };

    private async Task RespondAsync(ScriptStep.Respond respond)
    {
        var headers = respond.Headers ?? new Dictionary<string, string>();
        Start(respond.Status, respond.Body is null ? "text/event-stream" : "application/json; charset=UTF-8", headers);
        if (respond.Body is not null)
            await WriteAsync(respond.Body);
    }

    private void Start(int status, string contentType, IReadOnlyDictionary<string, string> headers)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        foreach (var (name, value) in headers)
            context.Response.Headers[name] = value;
    }

    private Task EventAsync(JsonObject payload) => WriteAsync(Frame(WireJson.Write(payload)));

    private async Task FinishAsync(ScriptStep.Finish finish)
    {
        foreach (var payload in wire.Finish(request.Model, finish.Reason, finish.PromptTokens, finish.CompletionTokens))
            await WriteAsync(Frame(payload));
    }

    private async Task RepeatAsync(JsonObject payload, int count)
    {
        var frame = Encoding.UTF8.GetBytes(Frame(WireJson.Write(payload)));
        var unsent = 0;
        request.LastWriteAt = timeProvider.GetUtcNow();
        request.FirstTextAt ??= request.LastWriteAt;
        for (var i = 0; i < count; i++)
        {
            frame.CopyTo(context.Response.BodyWriter.GetMemory(frame.Length));
            context.Response.BodyWriter.Advance(frame.Length);
            unsent += frame.Length;
            if (unsent < FlushThreshold && i < count - 1)
                continue;
            await context.Response.BodyWriter.FlushAsync(_gone);
            _gone.ThrowIfCancellationRequested();
            unsent = 0;
        }
    }

    private async Task HoldAsync(string name)
    {
        await context.Response.BodyWriter.FlushAsync(_gone);
        await holds.WaitForReleaseAsync(name, _gone);
    }

    private async Task StallAsync()
    {
        await context.Response.BodyWriter.FlushAsync(_gone);
        await Task.Delay(Timeout.InfiniteTimeSpan, timeProvider, _gone);
    }

    /// <summary>What was sent still arrives: an immediate reset would make the client's system throw it away.</summary>
    private async Task CutAsync()
    {
        try
        {
            await HalfCloseAsync(PatienceAfterCut);
        }
        finally
        {
            context.Abort();
        }
    }

    private async Task HalfCloseAsync(TimeSpan patience)
    {
        await context.Response.BodyWriter.FlushAsync(_gone);
        context.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket.Shutdown(SocketShutdown.Send);
        await Task.Delay(patience, timeProvider, _gone);
    }

    private string Frame(string payload) => string.Create(CultureInfo.InvariantCulture, $"data: {payload}{wire.LineEnd}{wire.LineEnd}");

    private Task WriteAsync(string text) => WriteAsync(Encoding.UTF8.GetBytes(text));

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        request.LastWriteAt = timeProvider.GetUtcNow();
        await context.Response.BodyWriter.WriteAsync(bytes, _gone);
        _gone.ThrowIfCancellationRequested();
    }
}
