using System.Text.Json;
using Clawdex.Gateway.Telegram;
using Telegram.Bot.Types;

namespace Clawdex.Gateway.Tests.Updates;

public sealed class UpdateReaderTests
{
    private static readonly BotIdentity Bot = new(1, "clawdex_bot");

    [Theory]
    [InlineData(" ")]
    [InlineData(", ")]
    [InlineData(":\n")]
    [InlineData("\u00A0")]
    [InlineData("\u2003\u202F")]
    [InlineData(",\u00A0")]
    public void Whatever_white_space_follows_the_bots_name_a_command_behind_it_is_one(string between) =>
        Assert.Equal("/status", (Read($"\"text\":{JsonSerializer.Serialize($"@clawdex_bot{between}/status")}") as InboundMessage)?.Text);

    [Fact]
    public void The_bots_name_alone_stays_what_was_written() =>
        Assert.Equal("@clawdex_bot\u00A0", (Read($"\"text\":{JsonSerializer.Serialize("@clawdex_bot\u00A0")}") as InboundMessage)?.Text);

    [Theory]
    [InlineData("")]
    [InlineData(""" ,"forward_origin":{"type":"newkind","date":1} """)]
    public void Nobody_is_answered_in_a_channels_direct_messages_because_all_of_them_share_one_chat(string beside)
    {
        const string Place = """ "chat":{"id":-1001,"type":"supergroup","title":"Direct","is_direct_messages":true},"direct_messages_topic":{"topic_id":7},"from":{"id":7,"is_bot":false,"first_name":"Ada"} """;

        Assert.Null(Read($"\"text\":\"@clawdex_bot hi\"{beside}", Place));
        Assert.Null(Read($"\"text\":\"/status@clawdex_bot\"{beside}", Place, "edited_message"));
        Assert.Null(Read("\"photo\":[],\"caption\":\"@clawdex_bot hi\"", Place));
    }

    private static InboundEvent? Read(string members, string place = """ "chat":{"id":7,"type":"private"} """, string kind = "message")
    {
        using var json = JsonDocument.Parse($$"""{"update_id":1,"{{kind}}":{"message_id":4,"date":1,{{place}},{{members}} } }""");
        return UpdateReader.Read(UpdateReader.Parse(json.RootElement) ?? new Update(), Bot);
    }
}
