using System.Text.Json;
using Clawdex.Gateway.Telegram;
using Clawdex.Gateway.Tests.Running;
using Telegram.Bot;
using Telegram.Bot.Types;

namespace Clawdex.Gateway.Tests.Updates;

/// <summary>What Telegram keeps beside a text, the model reads in it: where a link leads, and what is code.</summary>
public sealed class MarkedTextTests(SharedGateway shared)
{
    private const string Link = """{"type":"text_link","offset":10,"length":12,"url":"https://example.com/story"}""";

    [Fact]
    public async Task The_address_behind_a_link_reaches_the_model()
    {
        var chat = await shared.Gateway.ChatAsync();

        await shared.Telegram.InjectUpdateAsync(
            $$"""{"message":{"message_id":4,"date":{{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}},"chat":{"id":{{chat.Id}},"type":"private","first_name":"Ada"},"from":{"id":{{chat.Id}},"is_bot":false,"first_name":"Ada"},"text":"Summarize this article, please","entities":[{{Link}}] } }""",
            TestContext.Current.CancellationToken);

        await Eventually.TrueAsync(() => shared.Llm.CallsFor("Summarize this article (https://example.com/story), please").Count == 1);
    }

    [Theory]
    [InlineData("run ls -l now", """{"type":"code","offset":4,"length":5}""", "run `ls -l` now")]
    [InlineData("what is a`b?", """{"type":"code","offset":8,"length":3}""", "what is `` a`b ``?")]
    [InlineData("a = 1", """{"type":"pre","offset":0,"length":5,"language":"python"}""", "```python\na = 1\n```")]
    [InlineData("why?\na = 1\nb = 2\nas said", """{"type":"pre","offset":5,"length":12}""", "why?\n```\na = 1\nb = 2\n```\nas said")]
    [InlineData("see a = 1 here", """{"type":"pre","offset":4,"length":5}""", "see \n```\na = 1\n```\n here")]
    [InlineData("```\nx\n```", """{"type":"pre","offset":0,"length":9}""", "````\n```\nx\n```\n````")]
    [InlineData("😀 it says so", """{"type":"text_link","offset":3,"length":2,"url":"https://a.example/"}""", "😀 it (https://a.example/) says so")]
    [InlineData("it says so", """{"type":"text_link","offset":3,"length":4,"url":"https://a.example/"},{"type":"bold","offset":3,"length":4},{"type":"code","offset":8,"length":2}""", "it says (https://a.example/) `so`")]
    [InlineData("it says so", """{"type":"code","offset":3,"length":4},{"type":"text_link","offset":0,"length":7,"url":"https://a.example/"}""", "it `says` (https://a.example/) so")]
    public void Links_and_code_are_written_as_in_Markdown(string text, string entities, string prompt) =>
        Assert.Equal(prompt, Read(text, entities)?.Prompt);

    [Theory]
    [InlineData("""{"type":"bold","offset":0,"length":5}""")]
    [InlineData("""{"type":"url","offset":6,"length":18}""")]
    [InlineData("""{"type":"text_link","offset":6,"length":18,"url":"https://a.example/"}""")]
    [InlineData("""{"type":"text_link","offset":0,"length":5}""")]
    [InlineData("""{"type":"code","offset":-1,"length":3}""")]
    [InlineData("""{"type":"code","offset":3,"length":-1}""")]
    [InlineData("""{"type":"code","offset":3,"length":0}""")]
    [InlineData("""{"type":"code","offset":20,"length":9}""")]
    [InlineData("""{"type":"code","offset":2147483647,"length":2147483647}""")]
    [InlineData("""{"type":"code","offset":26,"length":1}""")]
    [InlineData("""{"type":"code","offset":25,"length":1}""")]
    [InlineData("""{"type":"newkind","offset":0,"length":5}""")]
    public void What_says_nothing_more_or_cannot_be_so_leaves_the_text_as_it_is(string entity) =>
        Assert.Equal("hello https://a.example/ 😀", Read("hello https://a.example/ 😀", entity)?.Prompt);

    [Fact]
    public void What_the_user_typed_himself_stays_as_he_typed_it() =>
        Assert.Equal("`a` [b](c) *d* (e)", Read("`a` [b](c) *d* (e)", "")?.Prompt);

    [Fact]
    public void A_command_is_read_as_it_was_typed_and_the_bots_name_goes_from_what_the_model_reads()
    {
        Assert.Equal("/status", Read("/status", """{"type":"code","offset":0,"length":7}""")?.Text);
        Assert.Equal("`ls` or not?", Read("@clawdex_bot ls or not?", """{"type":"code","offset":13,"length":2}""")?.Prompt);
    }

    [Theory]
    [InlineData(""" "reply_to_message":{"message_id":1,"date":1,"chat":{"id":7,"type":"private"},"text":"Read this article, Bob","entities":[LINK]} """, "Read this article, Bob")]
    [InlineData(""" "reply_to_message":{"message_id":1,"date":1,"chat":{"id":7,"type":"private"},"photo":[],"caption":"Look: at that story","caption_entities":[LINK]} """, "Look: at that story")]
    [InlineData(""" "reply_to_message":{"message_id":1,"date":1,"chat":{"id":7,"type":"private"},"text":"long"},"quote":{"position":0,"text":"Look: at that story","entities":[LINK]} """, "Look: at that story")]
    public void So_they_are_in_what_is_replied_to_or_quoted(string beside, string quoted)
    {
        var json = beside.Replace("LINK", """{"type":"text_link","offset":0,"length":4,"url":"https://a.example/"}""", StringComparison.Ordinal);

        Assert.Equal($"> {quoted[..4]} (https://a.example/){quoted[4..]}\n\nexplain", ReadMessage($"\"text\":\"explain\",{json}")?.Prompt);
    }

    [Fact]
    public void Beside_something_of_an_unknown_kind_a_link_is_read_too()
    {
        using var json = JsonDocument.Parse(
            $$$"""{"update_id":1,"message":{"message_id":1,"date":1,"chat":{"id":7,"type":"private"},"text":"Summarize this article","entities":[{{{Link}}}],"forward_origin":{"type":"newkind","date":1} }}""");

        var read = UpdateReader.Read(UpdateReader.Parse(json.RootElement) ?? new Update(), new BotIdentity(1, "clawdex_bot")) as InboundMessage;

        Assert.Equal("Summarize this article (https://example.com/story)", read?.Prompt);
    }

    private static InboundMessage? Read(string text, string entities) => ReadMessage($"\"text\":{JsonSerializer.Serialize(text)},\"entities\":[{entities}]");

    private static InboundMessage? ReadMessage(string members) => UpdateReader.Read(
        JsonSerializer.Deserialize<Update>($$"""{"update_id":1,"message":{"message_id":4,"date":1,"chat":{"id":7,"type":"private"},{{members}} } }""", JsonBotAPI.Options) ?? new Update(),
        new BotIdentity(1, "clawdex_bot")) as InboundMessage;
}
