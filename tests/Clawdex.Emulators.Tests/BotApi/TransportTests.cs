using System.Text.Json;

namespace Clawdex.Emulators.Tests.BotApi;

/// <summary>URL, parameter encodings and the envelope.</summary>
public sealed class TransportTests : EmulatorTest
{
    [Fact]
    public async Task Parameters_come_by_query_form_multipart_or_json()
    {
        const string Keyboard = """{"inline_keyboard":[[{"text":"A","callback_data":"a"}]]}""";
        Dictionary<string, string> fields = new() { ["chat_id"] = $"{Ada.Id}", ["text"] = "é & x", ["reply_markup"] = Keyboard };
        using var form = new FormUrlEncodedContent(fields);
        using var multipart = new MultipartFormDataContent();
        foreach (var (name, value) in fields)
            multipart.Add(new StringContent(value), name);

        BotAnswer[] answers =
        [
            await Bot.GetAsync($"sendMessage?chat_id={Ada.Id}&text={Uri.EscapeDataString("é & x")}&reply_markup={Uri.EscapeDataString(Keyboard)}", Stop),
            await Bot.PostAsync("sendMessage", form, Stop),
            await Bot.PostAsync("SENDMESSAGE", multipart, Stop),
            await Bot.CallAsync("sendmessage", new { chat_id = Ada.Id, text = "é & x", reply_markup = JsonDocument.Parse(Keyboard).RootElement }, Stop),
            await Bot.CallAsync("sendMessage", new { chat_id = $"{Ada.Id}", text = "é & x", reply_markup = Keyboard }, Stop),
        ];

        Assert.All(answers, answer => Assert.Equal(("é & x", "a"), (
            answer.Text,
            answer.Result.GetProperty("reply_markup").GetProperty("inline_keyboard")[0][0].GetProperty("callback_data").GetString())));
        Assert.Equal([1, 2, 3, 4, 5], answers.Select(answer => answer.MessageId));
    }

    [Theory]
    [InlineData("/bot{token}/noSuchMethod", 404, "Not Found: method not found")]
    [InlineData("/bot1:wrong/getMe", 401, "Unauthorized")]
    [InlineData("/botnonsense/getMe", 401, "Unauthorized: invalid token specified")]
    public async Task Wrong_paths_have_the_real_answers(string path, int status, string error)
    {
        using var http = new HttpClient { BaseAddress = Telegram.BaseAddress };
        using var response = await http.GetAsync(path.Replace("{token}", Telegram.Token, StringComparison.Ordinal), Stop);
        using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Stop));

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.ToString());
        Assert.False(body.RootElement.GetProperty("ok").GetBoolean());
        Assert.Equal(status, body.RootElement.GetProperty("error_code").GetInt32());
        Assert.Equal(error, body.RootElement.GetProperty("description").GetString());
    }

    [Fact]
    public async Task A_body_that_is_no_json_is_a_bad_request()
    {
        using var content = new StringContent("{", null, "application/json");

        Assert.Equal(400, (await Bot.PostAsync("getMe", content, Stop)).Status);
    }

    [Fact]
    public async Task The_test_environment_path_works_too()
    {
        using var http = new HttpClient { BaseAddress = Telegram.BaseAddress };

        Assert.Contains("\"username\":\"clawdex_bot\"", await http.GetStringAsync($"/bot{Telegram.Token}/test/getMe", Stop), StringComparison.Ordinal);
    }
}
