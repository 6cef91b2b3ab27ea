using Clawdex.SessionService.Tests.Api;
using Clawdex.Testing;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests.Storage;

/// <summary>Whoever upgrades, from whichever version, keeps the conversations, and an answer that was under way is finished.</summary>
public sealed class UpgradeTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<string> Migrations => [.. EarlierDatabase.Migrations];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Migrations))]
    public async Task The_database_of_an_earlier_version_is_upgraded_at_the_start_and_its_conversations_go_on(string migration)
    {
        var path = _directory["clawdex.db"];
        await EarlierDatabase.CreateAsync(path, migration, TestContext.Current.CancellationToken);

        using var service = ServiceUnderTest.StartOn(path);

        var chat = new Conversation(service.Client);
        Assert.Equal(EarlierDatabase.Texts, await chat.TextsAsync());
        Assert.Equal(1, await chat.OpenTurnsAsync());
        await chat.CompleteAsync(EarlierDatabase.OpenTurn, "Since today.");
        Assert.Equal(Wire.TurnState.Delivered, await chat.DeliverAsync(EarlierDatabase.OpenTurn, 10));
        await chat.ExchangeAsync("And now?", "Now, too.");
        var texts = await chat.TextsAsync();
        Assert.Equal([.. EarlierDatabase.Texts, "Since today.", "And now?", "Now, too."], texts);
        Assert.Equal(0, await chat.OpenTurnsAsync());
        Assert.Empty(TestDatabase.Damages(path));
    }
}
