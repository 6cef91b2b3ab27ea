using System.Text.Json;
using Clawdex.Emulators;
using Clawdex.LlmEmulator.Requests;
using Clawdex.LlmEmulator.Scripts;

namespace Clawdex.LlmEmulator.Control;

/// <summary><c>/emulator/…</c>: queue scripts, release holds, look at what was received. emulators/LLM.md documents it.</summary>
internal sealed class ControlEndpoints(LlmEmulatorOptions options, RequestLog requests, ScriptQueue scripts)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        var control = routes.MapGroup("/emulator").AddEndpointFilter(async (context, next) =>
            options.OpenRouterKey is { } key && !context.HttpContext.Request.Carries(key) ? TypedResults.Unauthorized() : await next(context));
        control.MapPost("/scripts", AddScriptsAsync);
        control.MapDelete("/scripts", scripts.Clear);
        control.MapPost("/release/{name}", scripts.Release);
        control.MapGet("/requests", () => TypedResults.Json<IReadOnlyList<RequestView>>(
            [.. requests.All.Select(RequestView.Of)], ControlJson.Default.IReadOnlyListRequestView));
        control.MapDelete("/requests", requests.Clear);
    }

    /// <summary>One script or an array of them.</summary>
    private async Task<IResult> AddScriptsAsync(Stream body, CancellationToken cancellationToken)
    {
        try
        {
            using var document = await JsonDocument.ParseAsync(body, default, cancellationToken);
            var added = document.RootElement.ValueKind is JsonValueKind.Array
                ? document.RootElement.Deserialize(ControlJson.Default.IReadOnlyListLlmScript) ?? []
                : [document.RootElement.Deserialize(ControlJson.Default.LlmScript) ?? throw new JsonException("null is no script")];
            foreach (var script in added)
                scripts.Add(script);
            return TypedResults.Ok();
        }
        catch (JsonException exception)
        {
            return TypedResults.BadRequest(exception.Message);
        }
    }
}
