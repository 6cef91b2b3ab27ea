using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Clawdex.TelegramEmulator.Control;
using Clawdex.TelegramEmulator.Faults;

namespace Clawdex.Emulators.Tests.Control;

/// <summary>What the typed control does not show: the JSON itself, refusals, and the page's event stream.</summary>
public sealed class ControlApiTests : EmulatorTest
{
    [Fact]
    public async Task The_timeline_is_json_with_milliseconds()
    {
        await Bot.SendHtmlAsync(Ada.Id, "<b>x</b>", Stop);
        using var http = ControlClient();

        var page = await http.GetFromJsonAsync<JsonElement>($"emulator/chats/{Ada.Id}/timeline", Stop);

        var entry = page.GetProperty("entries").EnumerateArray().Last();
        Assert.Equal("send", entry.GetProperty("kind").GetString());
        Assert.InRange(DateTimeOffset.FromUnixTimeMilliseconds(entry.GetProperty("time").GetInt64()), DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow);
        Assert.Equal("<b>x</b>", entry.GetProperty("rawText").GetString());
        Assert.Equal("bold", entry.GetProperty("message").GetProperty("entities")[0].GetProperty("type").GetString());
    }

    [Fact]
    public async Task What_a_request_leaves_out_has_its_default()
    {
        using var http = ControlClient();
        using var chat = await http.PostAsJsonAsync("emulator/chats", new { kind = "group", title = "Friends" }, Stop);
        var id = (await chat.Content.ReadFromJsonAsync<JsonElement>(Stop)).GetProperty("id").GetInt64();
        using var sticker = await http.PostAsJsonAsync($"emulator/chats/{id}/messages", new { media = "sticker" }, Stop);
        using var fault = await http.PostAsJsonAsync("emulator/faults", new { kind = "respond" }, Stop);

        Assert.Equal(200, (int)sticker.StatusCode);
        Assert.Equal(new Fault(FaultKind.Respond), Assert.Single(await Telegram.Control.GetFaultsAsync(Stop)).Fault);
    }

    [Fact]
    public async Task A_request_that_makes_no_sense_is_refused_with_the_reason()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => Ada.PressAsync(77, "x", Stop));
        Assert.Contains("has no button with this data", error.Message, StringComparison.Ordinal);
        using var http = ControlClient();
        using var missing = await http.GetAsync("emulator/chats/42", Stop);
        Assert.Equal(404, (int)missing.StatusCode);
        using var garbled = await http.PostAsync("emulator/chats", new StringContent("{", null, "application/json"), Stop);
        Assert.Equal(400, (int)garbled.StatusCode);
    }

    [Fact]
    public async Task Users_can_send_media_reply_edit_and_speak_in_groups()
    {
        var group = await Telegram.Control.CreateChatAsync(new() { Kind = ChatKind.Group, Title = "Friends", Members = ["Ada", "Bob"] }, Stop);
        var bots = await Bot.SendAsync(group.Id, "hello", Stop);
        await group.SendAsync(new() { Text = "look", Media = "photo", From = "Bob" }, Stop);
        await group.SendAsync(new() { Text = "@clawdex_bot why?", From = "Cleo", ReplyTo = bots.MessageId }, Stop);
        await group.SendAsync(new() { Media = "sticker" }, Stop);

        var messages = (await Bot.CallAsync("getUpdates", new { allowed_updates = new[] { "message" } }, Stop)).Result.EnumerateArray()
            .Where(update => update.TryGetProperty("message", out _)).Select(update => update.GetProperty("message")).ToList();

        Assert.Equal(("look", "Bob", false), (messages[0].GetProperty("caption").GetString(), messages[0].GetProperty("from").GetProperty("first_name").GetString(), messages[0].TryGetProperty("text", out _)));
        Assert.Equal(("mention", bots.MessageId), (messages[1].GetProperty("entities")[0].GetProperty("type").GetString(), messages[1].GetProperty("reply_to_message").GetProperty("message_id").GetInt32()));
        Assert.True(messages[2].TryGetProperty("sticker", out _));
    }

    [Fact]
    public async Task The_event_stream_begins_with_a_reset_and_goes_on_after_a_lost_connection()
    {
        string? last;
        await using (var events = await EventsAsync(null))
        {
            Assert.Equal("reset", (await events.NextAsync()).EventType);
            await Bot.SendAsync(Ada.Id, "1", Stop);
            var entry = await events.NextAsync();
            last = entry.EventId;
            Assert.Equal("1", entry.Data.GetProperty("message").GetProperty("text").GetString());
        }

        await Bot.SendAsync(Ada.Id, "2", Stop);
        await using (var events = await EventsAsync(last))
            Assert.Equal("2", (await events.NextAsync()).Data.GetProperty("message").GetProperty("text").GetString());
        await using (var events = await EventsAsync("of-another-run-3"))
            Assert.Equal("reset", (await events.NextAsync()).EventType);
    }

    private async Task<EventReader> EventsAsync(string? lastEventId)
    {
        var http = ControlClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, "emulator/events");
        if (lastEventId is not null)
            request.Headers.Add("Last-Event-ID", lastEventId);
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Stop);
        return new(http, SseParser.Create(await response.Content.ReadAsStreamAsync(Stop), (_, data) => JsonDocument.Parse(data.ToArray()).RootElement).EnumerateAsync(Stop).GetAsyncEnumerator(Stop));
    }

    private sealed class EventReader(HttpClient http, IAsyncEnumerator<SseItem<JsonElement>> events) : IAsyncDisposable
    {
        public async Task<SseItem<JsonElement>> NextAsync() =>
            await events.MoveNextAsync() ? events.Current : throw new InvalidOperationException("The stream ended");

        public async ValueTask DisposeAsync()
        {
            http.Dispose();
            await events.DisposeAsync();
        }
    }
}
