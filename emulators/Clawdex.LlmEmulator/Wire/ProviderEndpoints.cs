using System.Text.Json;
using Clawdex.LlmEmulator.Replies;
using Clawdex.LlmEmulator.Requests;
using Clawdex.LlmEmulator.Scripts;

namespace Clawdex.LlmEmulator.Wire;

/// <summary>The providers' own URLs: records each request, then plays a script, a trigger word or the default reply.</summary>
internal sealed class ProviderEndpoints(LlmEmulatorOptions options, RequestLog requests, ScriptQueue scripts)
{
    private const string GeminiKeyHeader = "x-goog-api-key";
    private const string OpenRouterKeyHeader = "authorization";
    private const string StreamMethod = ":streamGenerateContent";

    private readonly GeminiWire _gemini = new();
    private readonly OpenRouterWire _openRouter = new();

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1beta/models/{**call}", GeminiChatAsync);
        routes.MapGet("/v1beta/models", GeminiModelsAsync);
        routes.MapPost("/api/v1/chat/completions", OpenRouterChatAsync);
        routes.MapGet("/api/v1/models", OpenRouterModelsAsync);
    }

    private async Task GeminiChatAsync(HttpContext context, string call)
    {
        if (!call.EndsWith(StreamMethod, StringComparison.Ordinal) || context.Request.Query["alt"] != "sse")
        {
            await AnswerAsync(context, _gemini.Error(StatusCodes.Status404NotFound, null));
            return;
        }

        var body = await ReadBodyAsync(context);
        var parsed = GeminiWire.Parse(call[..^StreamMethod.Length], body);
        await ChatAsync(context, _gemini, Record(context, LlmWire.Gemini, parsed, body), wrongKeyStatus: 400);
    }

    private async Task OpenRouterChatAsync(HttpContext context)
    {
        var body = await ReadBodyAsync(context);
        await ChatAsync(
            context, _openRouter, Record(context, LlmWire.OpenRouter, OpenRouterWire.Parse(body), body), wrongKeyStatus: 401);
    }

    private async Task ChatAsync(HttpContext context, IWireFormat wire, LlmRequest request, int wrongKeyStatus) =>
        await EndingAsync(context, request, async () =>
        {
            if (!request.KeyExpected)
            {
                await AnswerAsync(context, wire.Error(wrongKeyStatus, null));
                return;
            }

            var steps = scripts.Take(request)?.Steps
                ?? Unscripted(wire, request);
            await new ScriptPlayer(context, wire, request, scripts, options.TimeProvider).PlayAsync(steps);
        });

    private IReadOnlyList<ScriptStep> Unscripted(IWireFormat wire, LlmRequest request)
    {
        var steps = TriggerWords.Find(request, wire, options.DelayMs) ?? DefaultReply.For(request, options.DelayMs);
        return steps is [ScriptStep.Respond, ..] ? steps : [.. wire.Opening, .. steps];
    }

    private Task GeminiModelsAsync(HttpContext context) =>
        ModelsAsync(context, LlmWire.GeminiModels, _gemini, wrongKeyStatus: 400, () => WireJson.Write(ModelLists.GeminiPage(
            int.TryParse(context.Request.Query["pageSize"], out var size) ? size : 50,
            context.Request.Query["pageToken"])));

    private Task OpenRouterModelsAsync(HttpContext context) =>
        ModelsAsync(context, LlmWire.OpenRouterModels, _openRouter, wrongKeyStatus: 401, () => WireJson.Write(ModelLists.OpenRouterList()));

    private async Task ModelsAsync(HttpContext context, LlmWire list, IWireFormat wire, int wrongKeyStatus, Func<string> models)
    {
        var request = Record(context, list, new ParsedRequest("", "", []), default);
        await EndingAsync(context, request, async () =>
        {
            if (!request.KeyExpected)
                await AnswerAsync(context, wire.Error(wrongKeyStatus, null));
            else if (scripts.Take(list, "") is { } script)
                await new ScriptPlayer(context, wire, request, scripts, options.TimeProvider).PlayAsync(script.Steps);
            else
                await AnswerAsync(context, new ErrorAnswer(StatusCodes.Status200OK, models(), new Dictionary<string, string>()));
        });
    }

    private LlmRequest Record(HttpContext context, LlmWire wire, ParsedRequest parsed, JsonElement body)
    {
        var gemini = wire is LlmWire.Gemini or LlmWire.GeminiModels;
        var keyHeader = gemini ? GeminiKeyHeader : OpenRouterKeyHeader;
        var key = context.Request.Headers[keyHeader].ToString();
        var expected = gemini ? options.GeminiKey : options.OpenRouterKey is { } bearer ? $"Bearer {bearer}" : null;
        var request = new LlmRequest
        {
            Wire = wire,
            Target = $"{context.Request.Path}{context.Request.QueryString}",
            Model = parsed.Model,
            SystemPrompt = parsed.SystemPrompt,
            Messages = parsed.Messages,
            Headers = context.Request.Headers
                .Where(header => !header.Key.Equals(keyHeader, StringComparison.OrdinalIgnoreCase))
                .ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString()),
            KeyPresent = key.Length > 0,
            KeyExpected = expected is null || key == expected,
            Body = body,
            Connection = context.Connection.Id,
            ReceivedAt = options.TimeProvider.GetUtcNow(),
        };
        requests.Add(request);
        return request;
    }

    /// <summary>Plays the answer and notes how it ended: the client going away is an end like any other.</summary>
    private async Task EndingAsync(HttpContext context, LlmRequest request, Func<Task> answer)
    {
        using var gone = context.RequestAborted.Register(() => End(request, completed: false));
        try
        {
            await answer();
            if (!context.RequestAborted.IsCancellationRequested)
                End(request, completed: true);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested)
        {
            End(request, completed: false);
        }
    }

    private void End(LlmRequest request, bool completed) =>
        request.End(new LlmRequestEnd(completed, options.TimeProvider.GetUtcNow(), options.TimeProvider.GetTimestamp()));

    private static async Task AnswerAsync(HttpContext context, ErrorAnswer answer)
    {
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = "application/json; charset=UTF-8";
        foreach (var (name, value) in answer.Headers)
            context.Response.Headers[name] = value;
        await context.Response.WriteAsync(answer.Body, context.RequestAborted);
    }

    private static async Task<JsonElement> ReadBodyAsync(HttpContext context)
    {
        using var document = await JsonDocument.ParseAsync(context.Request.Body, default, context.RequestAborted);
        return document.RootElement.Clone();
    }
}
