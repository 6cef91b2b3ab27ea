using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;

namespace Clawdex.WholeSystem.Bench;

/// <summary>
/// What the product is compared with: one process that polls, asks the model with the one message, sends the first text and
/// edits in the complete one. No storage, no history, no formatting, no order, no limits, no recovery.
/// </summary>
internal static class BareLoop
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    public static async Task RunAsync(Uri telegram, Uri models, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        var bot = new Uri($"{telegram.AbsoluteUri}bot{Emulators.Token}/");
        var model = new Uri(models, "v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse");
        var offset = 0;
        List<Task> answers = [];
        while (true)
        {
            using var updates = await CallAsync(http, new Uri(bot, "getUpdates"), $$"""{"offset":{{offset}},"timeout":30}""", cancellationToken);
            foreach (var update in updates.RootElement.GetProperty("result").EnumerateArray())
            {
                offset = update.GetProperty("update_id").GetInt32() + 1;
                var message = update.GetProperty("message");
                var chat = message.GetProperty("chat").GetProperty("id").GetInt64();
                answers.Add(AnswerAsync(http, bot, model, chat, message.GetProperty("text").GetRawText(), cancellationToken));
            }

            foreach (var done in answers.Where(answer => answer.IsCompleted))
                await done;
            answers.RemoveAll(answer => answer.IsCompleted);
        }
    }

    private static async Task AnswerAsync(HttpClient http, Uri bot, Uri model, long chat, string question, CancellationToken cancellationToken)
    {
        var body = $$$"""{"contents":[{"role":"user","parts":[{"text":{{{question}}}}]}]}""";
        using var request = new HttpRequestMessage(HttpMethod.Post, model) { Content = new StringContent(body, Encoding.UTF8, Json) };
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var text = new StringBuilder();
        Task<int>? sent = null;
        var parser = SseParser.Create(stream, static (_, data) => Text(data));
        await foreach (var item in parser.EnumerateAsync(cancellationToken))
        {
            text.Append(item.Data);
            if (sent is null && text.Length > 0)
                sent = SendAsync(http, bot, chat, text.ToString(), cancellationToken);
        }

        if (sent is null)
            return;
        var edit = $$"""{"chat_id":{{chat}},"message_id":{{await sent}},"text":{{JsonSerializer.Serialize(Plain(text.ToString()))}}}""";
        using var edited = await CallAsync(http, new Uri(bot, "editMessageText"), edit, cancellationToken);
    }

    /// <summary>The message's id.</summary>
    private static async Task<int> SendAsync(HttpClient http, Uri bot, long chat, string text, CancellationToken cancellationToken)
    {
        using var answer = await CallAsync(
            http, new Uri(bot, "sendMessage"), $$"""{"chat_id":{{chat}},"text":{{JsonSerializer.Serialize(Plain(text))}}}""", cancellationToken);
        return answer.RootElement.GetProperty("result").GetProperty("message_id").GetInt32();
    }

    private static async Task<JsonDocument> CallAsync(HttpClient http, Uri method, string json, CancellationToken cancellationToken)
    {
        using var response = await http.PostAsync(method, new StringContent(json, Encoding.UTF8, Json), cancellationToken);
        return JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
    }

    private static string Text(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.PropertyName && reader.ValueTextEquals("text"u8) && reader.Read())
                return reader.GetString() ?? "";
        }

        return "";
    }

    // The same text as the product shows, so that one check fits both.
    private static string Plain(string markdown) =>
        markdown.Replace("**", "", StringComparison.Ordinal).Replace("`", "", StringComparison.Ordinal);
}
