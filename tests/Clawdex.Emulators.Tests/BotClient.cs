using System.Net.Http.Json;
using System.Text.Json;
using Clawdex.TelegramEmulator;

namespace Clawdex.Emulators.Tests;

/// <summary>A bot that sees the bare HTTP answers: status, headers and envelope.</summary>
internal sealed class BotClient(TelegramEmulatorHost telegram) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = new(telegram.BaseAddress, $"/bot{telegram.Token}/") };

    public void Dispose() => _http.Dispose();

    public async Task<BotAnswer> CallAsync(string method, object parameters, CancellationToken stop)
    {
        using var response = await _http.PostAsJsonAsync(method, parameters, stop);
        return await ReadAsync(response, stop);
    }

    public async Task<BotAnswer> GetAsync(string pathAndQuery, CancellationToken stop)
    {
        using var response = await _http.GetAsync(pathAndQuery, stop);
        return await ReadAsync(response, stop);
    }

    public async Task<BotAnswer> PostAsync(string method, HttpContent content, CancellationToken stop)
    {
        using var response = await _http.PostAsync(method, content, stop);
        return await ReadAsync(response, stop);
    }

    public Task<BotAnswer> SendAsync(long chatId, string text, CancellationToken stop) =>
        CallAsync("sendMessage", new { chat_id = chatId, text }, stop);

    public Task<BotAnswer> SendHtmlAsync(long chatId, string text, CancellationToken stop) =>
        CallAsync("sendMessage", new { chat_id = chatId, text, parse_mode = "HTML" }, stop);

    public Task<BotAnswer> EditAsync(long chatId, int messageId, string text, CancellationToken stop) =>
        CallAsync("editMessageText", new { chat_id = chatId, message_id = messageId, text }, stop);

    /// <summary>The ids of the updates that the call returns.</summary>
    public async Task<int[]> PollAsync(int offset, int timeout, CancellationToken stop)
    {
        var answer = await CallAsync("getUpdates", new { offset, timeout }, stop);
        return [.. answer.Result.EnumerateArray().Select(update => update.GetProperty("update_id").GetInt32())];
    }

    private static async Task<BotAnswer> ReadAsync(HttpResponseMessage response, CancellationToken stop) => new(
        (int)response.StatusCode,
        await response.Content.ReadFromJsonAsync<JsonElement>(stop),
        response.Headers.RetryAfter?.Delta);
}

/// <param name="RetryAfter">The header.</param>
internal sealed record BotAnswer(int Status, JsonElement Body, TimeSpan? RetryAfter)
{
    public bool Ok => Body.GetProperty("ok").GetBoolean();

    public JsonElement Result => Body.GetProperty("result");

    public int MessageId => Result.GetProperty("message_id").GetInt32();

    public string Text => Result.GetProperty("text").GetString()!;

    /// <summary>The description of a failure.</summary>
    public string Error => Body.GetProperty("description").GetString()!;

    /// <summary>Entities as <c>type offset+length argument</c>.</summary>
    public string Entities => !Result.TryGetProperty("entities", out var entities) ? "" : string.Join(", ", entities.EnumerateArray().Select(Describe));

    private static string Describe(JsonElement entity)
    {
        var argument = entity.TryGetProperty("url", out var url) ? $" {url}" : entity.TryGetProperty("language", out var language) ? $" {language}" : "";
        return $"{entity.GetProperty("type")} {entity.GetProperty("offset")}+{entity.GetProperty("length")}{argument}";
    }
}
