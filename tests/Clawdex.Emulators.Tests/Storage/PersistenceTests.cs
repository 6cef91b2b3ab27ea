using Clawdex.TelegramEmulator;
using Clawdex.Testing;

namespace Clawdex.Emulators.Tests.Storage;

/// <summary>What survives a restart of the emulator.</summary>
public sealed class PersistenceTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string LogFile => _folder[Path.Combine("data", "telegram.jsonl")];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Chats_messages_commands_and_numbers_survive()
    {
        long chatId;
        int confirmed, pending, lastMessage;
        await using (var telegram = await StartAsync())
        {
            using var bot = new BotClient(telegram);
            var ada = await telegram.Control.CreatePrivateChatAsync("Ada", Stop);
            chatId = ada.Id;
            await ada.SendTextAsync("one", Stop);
            confirmed = Assert.Single(await bot.PollAsync(0, 0, Stop));
            await bot.PollAsync(confirmed + 1, 0, Stop);
            await ada.SendTextAsync("two", Stop);
            var sent = await bot.SendHtmlAsync(ada.Id, "thr", Stop);
            await bot.CallAsync("editMessageText", new { chat_id = ada.Id, message_id = sent.MessageId, text = "<b>three</b>", parse_mode = "HTML" }, Stop);
            var deleted = await bot.SendAsync(ada.Id, "four", Stop);
            await bot.CallAsync("deleteMessage", new { chat_id = ada.Id, message_id = deleted.MessageId }, Stop);
            lastMessage = deleted.MessageId;
            await bot.CallAsync("setMyCommands", new { commands = new[] { new { command = "help", description = "Help" } } }, Stop);
            pending = (await telegram.Control.GetUpdatesAsync(Stop)).NextId - 1;
        }

        await using (var telegram = await StartAsync())
        {
            using var bot = new BotClient(telegram);
            var ada = await telegram.Control.GetChatAsync(chatId, Stop);
            var messages = await ada.GetMessagesAsync(Stop);

            Assert.Equal("Ada", ada.Title);
            Assert.Equal(["one", "two", "three"], messages.Select(message => message.Text));
            Assert.Equal(("bold", 1), (Assert.Single(messages[2].Entities).Type, messages[2].Edits));
            Assert.Equal(pending, Assert.Single(await bot.PollAsync(0, 0, Stop)));
            Assert.Equal(lastMessage + 1, (await ada.SendTextAsync("five", Stop)).MessageId);
            Assert.Equal(new[] { pending, pending + 1 }, await bot.PollAsync(confirmed + 1, 0, Stop));
            Assert.Equal("help", (await bot.CallAsync("getMyCommands", new { }, Stop)).Result[0].GetProperty("command").GetString());
        }
    }

    [Fact]
    public async Task An_update_id_is_never_used_again_even_when_all_are_confirmed()
    {
        int next;
        await using (var telegram = await StartAsync())
        {
            using var bot = new BotClient(telegram);
            var ada = await telegram.Control.CreatePrivateChatAsync("Ada", Stop);
            await ada.SendTextAsync("one", Stop);
            next = Assert.Single(await bot.PollAsync(0, 0, Stop)) + 1;
            await bot.PollAsync(next, 0, Stop);
        }

        for (var restarts = 0; restarts < 2; restarts++)
        {
            await using var telegram = await StartAsync();
            Assert.Equal(new(next, 0), await telegram.Control.GetUpdatesAsync(Stop));
        }
    }

    [Fact]
    public async Task A_last_line_that_was_cut_off_is_ignored()
    {
        await using (var telegram = await StartAsync())
            await telegram.Control.CreatePrivateChatAsync("Ada", Stop);
        await File.AppendAllTextAsync(LogFile, """{"chat":{"id":5,"kind":"Pri""", Stop);

        await using var again = await StartAsync();

        Assert.Equal("Ada", Assert.Single(await again.Control.GetChatsAsync(Stop)).Title);
    }

    [Fact]
    public async Task A_damaged_line_within_is_named_and_the_file_left_alone()
    {
        await using (var telegram = await StartAsync())
            await telegram.Control.CreatePrivateChatAsync("Ada", Stop);
        var lines = await File.ReadAllLinesAsync(LogFile, Stop);
        string[] damaged = ["nonsense", .. lines];
        await File.WriteAllLinesAsync(LogFile, damaged, Stop);

        var error = await Assert.ThrowsAsync<InvalidDataException>(StartAsync);

        Assert.Contains("telegram.jsonl, line 1", error.Message, StringComparison.Ordinal);
        Assert.Equal(damaged, await File.ReadAllLinesAsync(LogFile, Stop));
    }

    [Fact]
    public async Task The_first_chat_is_made_once()
    {
        for (var starts = 0; starts < 2; starts++)
        {
            await using var telegram = await StartAsync(new() { DataDirectory = _folder["data"], FirstChat = "You" });
            Assert.Equal("You", Assert.Single(await telegram.Control.GetChatsAsync(Stop)).Title);
        }
    }

    [Fact]
    public async Task Other_accounts_of_the_machine_cannot_read_it()
    {
        if (OperatingSystem.IsWindows())
            return;

        await using var telegram = await StartAsync();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(LogFile));
    }

    [Fact]
    public async Task Without_a_folder_nothing_is_written()
    {
        await using (var telegram = await StartAsync(new() { FirstChat = "You" }))
            await telegram.Control.CreatePrivateChatAsync("Ada", Stop);

        Assert.Empty(Directory.GetFileSystemEntries(_folder.FullPath));
    }

    private Task<TelegramEmulatorHost> StartAsync() => StartAsync(new() { DataDirectory = _folder["data"] });

    private static Task<TelegramEmulatorHost> StartAsync(TelegramEmulatorOptions options) => TelegramEmulatorHost.StartAsync(options, null, Stop);
}
