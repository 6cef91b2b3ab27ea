using System.Text;
using Clawdex.SessionService.Storage;
using Clawdex.SessionService.Tests.Api;
using Clawdex.Testing;
using Microsoft.Data.Sqlite;

namespace Clawdex.SessionService.Tests.Storage;

/// <summary>What was deleted is in no file any more: neither in the database's free pages nor in its log.</summary>
public sealed class ErasureTests : IDisposable
{
    private const string Secret = "the-secret-that-was-told";

    private readonly TemporaryDirectory _directory = new();
    private readonly ServiceUnderTest _service;
    private readonly Conversation _chat;

    public ErasureTests()
    {
        _service = ServiceUnderTest.StartOn(_directory["clawdex.db"]);
        _chat = new Conversation(_service.Client);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _service.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task After_a_reset_no_file_holds_what_was_said()
    {
        await TellAsync();
        Assert.NotEmpty(Holders());

        await _chat.ResetAsync();

        await UpkeepAsync();
        Assert.Empty(Holders());
    }

    [Fact]
    public async Task After_a_chat_was_forgotten_no_file_holds_what_was_said_or_whose_chat_it_was()
    {
        await TellAsync();
        await _chat.SayAsync($"{Secret}, not answered yet");
        Assert.NotEmpty(Holders(_chat.Key));

        await _chat.ForgetAsync();

        await UpkeepAsync();
        Assert.Empty(Holders());
        Assert.Empty(Holders(_chat.Key));
        Assert.Empty(Holders("gemini-2.5-flash"));
    }

    [Fact]
    public async Task When_a_reply_that_outlived_a_reset_is_settled_no_file_holds_it()
    {
        var turnId = await _chat.SayAsync($"{Secret} asked");
        await _chat.ResetAsync();
        await _chat.CompleteAsync(turnId, $"{Secret} answered");
        Assert.NotEmpty(Holders());

        await _chat.DeliverAsync(turnId, 501);

        await UpkeepAsync();
        Assert.Empty(Holders());
    }

    [Fact(Timeout = 60_000)]
    public async Task What_a_reader_keeps_in_the_log_goes_when_it_has_ended_even_if_nobody_writes_any_more()
    {
        await TellAsync();
        using (var reader = new SqliteConnection($"Data Source={_directory["clawdex.db"]};Mode=ReadOnly;Pooling=false"))
        {
            await reader.OpenAsync(Token);
            using var command = reader.CreateCommand();
            command.CommandText = "BEGIN; SELECT count(*) FROM messages";
            command.ExecuteScalar();

            await _chat.ResetAsync().WaitAsync(TimeSpan.FromSeconds(3), Token);
            await UpkeepAsync().WaitAsync(TimeSpan.FromSeconds(3), Token);
            Assert.NotEmpty(Holders());
        }

        while (Holders().Count > 0)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            _service.Time.Advance(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }
    }

    /// <summary>Short texts, and long ones that take pages of their own.</summary>
    private async Task TellAsync()
    {
        for (var i = 0; i < 5; i++)
        {
            await _chat.ExchangeAsync($"{Secret} {i}", $"{Secret} {i} {new string('x', 20_000)} {Secret}");
            // Some of it is in the database, some in the log.
            _service.Time.Advance(TimeSpan.FromMinutes(i == 3 ? 10 : 1));
        }

        await _chat.CommitCompactionAsync(await _chat.BeginCompactionAsync(), $"{Secret}, in short");
    }

    /// <summary>Returns when the upkeep behind the last commit is done: the next transaction waits for it.</summary>
    private Task<bool> UpkeepAsync() => _service.Get<ISessionWriter>().WriteAsync(_ => Task.FromResult(true), Token);

    private List<string> Holders(string text = Secret) =>
        [.. Directory.GetFiles(_directory.FullPath, "clawdex.db*").Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)).Where(file => Holds(file, text))];

    /// <summary>Reads whatever is there: the log may be cut off meanwhile.</summary>
    private static bool Holds(string file, string text)
    {
        using var content = new MemoryStream();
        using (var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete))
            stream.CopyTo(content);
        return content.ToArray().AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;
    }
}
