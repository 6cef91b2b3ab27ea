using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Clawdex.TelegramEmulator.BotApi;

/// <summary>Reads a call's parameters from wherever the client put them: query, form, multipart or JSON body.</summary>
internal static class BotCallReader
{
    /// <returns>The parameters, or what is wrong with them.</returns>
    public static async Task<(IReadOnlyDictionary<string, string>? Arguments, BotResult? Error)> ReadAsync(HttpRequest request, CancellationToken aborted)
    {
        var arguments = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, values) in request.Query)
            arguments[name] = values.ToString();

        if (request.HasFormContentType)
        {
            var form = await request.ReadFormAsync(aborted);
            foreach (var (name, values) in form)
                arguments[name] = values.ToString();
        }
        else if (request.HasJsonContentType() && request.ContentLength is not 0 && await ReadJsonAsync(request, arguments, aborted) is { } error)
        {
            return (null, error);
        }

        return (arguments, null);
    }

    private static async Task<BotResult?> ReadJsonAsync(HttpRequest request, Dictionary<string, string> arguments, CancellationToken aborted)
    {
        try
        {
            using var json = await JsonDocument.ParseAsync(request.Body, cancellationToken: aborted);
            return TryRead(json.RootElement, arguments, out var error) ? null : error;
        }
        catch (JsonException)
        {
            return BotResult.BadRequest("can't parse request JSON object");
        }
    }

    /// <summary>Takes the members of a JSON object as parameters; nested values stay JSON text.</summary>
    public static bool TryRead(JsonElement root, Dictionary<string, string> arguments, [NotNullWhen(false)] out BotResult? error)
    {
        error = null;
        if (root.ValueKind is not JsonValueKind.Object)
        {
            error = BotResult.BadRequest("object expected as request parameters");
            return false;
        }

        foreach (var member in root.EnumerateObject())
        {
            try
            {
                if (member.Value.ValueKind is JsonValueKind.String)
                    arguments[member.Name] = member.Value.GetString() ?? "";
                else if (member.Value.ValueKind is not JsonValueKind.Null)
                    arguments[member.Name] = member.Value.GetRawText();
            }
            catch (InvalidOperationException)
            {
                // A lone surrogate, "\ud83d": valid JSON, but no valid text.
                error = BotResult.BadRequest("strings must be encoded in UTF-8");
                return false;
            }
        }

        return true;
    }
}
