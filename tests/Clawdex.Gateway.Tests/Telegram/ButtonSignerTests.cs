using System.Text;
using Clawdex.Gateway.Telegram;
using Clawdex.Testing;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Tests.Telegram;

/// <summary>What a button carries can be made by the bot alone, and holds for one conversation.</summary>
public sealed class ButtonSignerTests
{
    private static readonly Conversation Chat = new(4711);
    private static readonly Conversation Group = new(-4711);

    public static TheoryData<int> Actions => [.. Enum.GetValues<ButtonAction>().Select(action => (int)action)];

    [Theory]
    [MemberData(nameof(Actions))]
    public void What_is_shown_is_read_again_also_after_a_restart_and_by_another_gateway(int action)
    {
        var button = new Button("label", (ButtonAction)action, "meta-llama/llama-3:free", 12345);

        Assert.Equal(new Button("", (ButtonAction)action, "meta-llama/llama-3:free", 12345), Signer().Read(Group, Signer().DataOf(Group, button)));
        Assert.Equal(new Button("", (ButtonAction)action, "meta-llama/llama-3:free", null), Signer().Read(Chat, Signer().DataOf(Chat, button)));
    }

    [Theory]
    [MemberData(nameof(Actions))]
    public void A_hundred_thousand_mutations_of_what_a_button_carries_are_read_as_nothing(int action)
    {
        var (signer, random) = (Signer(), new Random(4711));
        var genuine = signer.DataOf(Group, new Button("label", (ButtonAction)action, "openai/gpt-4o", 12345));
        Assert.NotNull(signer.Read(Group, genuine));

        var mutated = Enumerable.Range(0, 100_000).Select(_ => Mutate(genuine, random)).Where(data => data != genuine).ToList();

        Assert.InRange(mutated.Count, 90_000, 100_000);
        Assert.DoesNotContain(mutated, data => signer.Read(Group, data) is not null);
    }

    [Fact]
    public void Another_conversation_another_topic_and_another_bot_are_no_button_here()
    {
        var button = new Button("label", ButtonAction.Continue, "7", null);
        var data = Signer().DataOf(Group, button);

        Assert.Null(Signer().Read(new Conversation(-4712), data));
        Assert.Null(Signer().Read(new Conversation(4711), data));
        Assert.Null(Signer().Read(Group with { ThreadId = 5 }, data));
        Assert.Null(Signer("1:another").Read(Group, data));
    }

    [Fact]
    public void A_group_that_became_a_supergroup_keeps_its_buttons_while_the_gateway_knows_both_numbers()
    {
        var ids = new ChatIds();
        var signer = Signer(ids: ids);
        ids.Moved(Group.ChatId, -1_000_000_000_001);
        var data = signer.DataOf(Group, new Button("label", ButtonAction.Continue, "7", null));

        Assert.NotNull(signer.Read(new Conversation(-1_000_000_000_001), data));
        Assert.NotNull(Signer().Read(new Conversation(-1_000_000_000_001), data));
    }

    [Theory]
    [InlineData("")]
    [InlineData("continue:1")]
    [InlineData("model:openai/gpt-4o")]
    [InlineData("AAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAA1:12345:7")]
    [InlineData("ÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄ1:12345:7")]
    public void What_was_never_a_button_is_read_as_nothing(string data) => Assert.Null(Signer().Read(Group, data));

    [Fact]
    public void A_name_that_telegram_has_no_room_for_is_known_before()
    {
        string Named(int length) => new('m', length);
        bool Fits(Conversation place, int length) => ButtonSigner.Fits(place, new Button("label", ButtonAction.Model, Named(length), 9_999_999_999));

        Assert.True(Fits(Chat, 45));
        Assert.False(Fits(Chat, 46));
        Assert.True(Fits(Group, 35));
        Assert.False(Fits(Group, 36));
        Assert.Equal(64, Encoding.UTF8.GetByteCount(Signer().DataOf(Chat, new Button("label", ButtonAction.Model, Named(45), 9_999_999_999))));
    }

    /// <summary>A new button cannot go past the signature: there is one place that writes what buttons carry.</summary>
    [Fact]
    public void One_file_of_the_gateway_puts_data_below_messages()
    {
        var files = Directory.EnumerateFiles(Path.Combine(Repository.Root, "Clawdex.Gateway"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Where(file => File.ReadAllText(file).Contains("InlineKeyboard", StringComparison.Ordinal))
            .Select(Path.GetFileName);

        Assert.Equal(["TelegramChat.cs"], files);
    }

    private static string Mutate(string data, Random random)
    {
        var at = random.Next(data.Length);
        return random.Next(6) switch
        {
            0 => $"{data[..at]}{(char)random.Next(32, 127)}{data[(at + 1)..]}",
            1 => data.Remove(at, 1),
            2 => data.Insert(at, $"{(char)random.Next(32, 1_000)}"),
            3 => data[..at],
            4 => $"{data[at..]}{data[..at]}",
            _ => $"{data[..16]}{random.Next(10)}:{random.Next()}:{random.Next(1_000)}",
        };
    }

    private static ButtonSigner Signer(string token = "1:emulator", ChatIds? ids = null) =>
        new(Options.Create(new TelegramOptions { BotToken = token }), ids ?? new ChatIds());
}
