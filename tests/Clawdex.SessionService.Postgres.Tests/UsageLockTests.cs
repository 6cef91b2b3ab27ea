using Grpc.Core;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests;

/// <summary>Who waits for whom when turns of several users are charged, and what follows when the waiting is ended from outside.</summary>
public sealed class UsageLockTests : IDisposable
{
    private const long Ann = 11;

    // As in another service's transaction that has written everybody's row, and is not committed yet.
    private const string WriteEverybodysRow = "INSERT INTO usage (day, user_id, tokens) VALUES ('2026-01-01', 0, 0)";

    private const string Waiting = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";

    private readonly ServiceUnderTest _service = ServiceUnderTest.Start();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _service.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task Without_a_limit_for_everybody_no_turn_waits_for_one_of_another_user()
    {
        using var other = TestDatabase.Open(_service.DatabasePath);
        await using var uncommitted = await other.BeginTransactionAsync(TestContext.Current.CancellationToken);
        other.Rows(WriteEverybodysRow);

        var turn = (await AcceptAsync(totalLimit: 0)).Turn;
        await _service.Client.CompleteTurnAsync(
            new Wire.CompleteTurnRequest { TurnId = turn.TurnId, Text = "answer", FinishReason = Wire.FinishReason.Stop, Tokens = 5 }, cancellationToken: Token);

        Assert.Equal([$"{Ann}|5"], Usage());
    }

    [Fact(Timeout = 60_000)]
    public async Task With_a_limit_for_everybody_a_turn_waits_until_the_other_one_is_stored_and_counts_it()
    {
        using var other = TestDatabase.Open(_service.DatabasePath);
        await using var uncommitted = await other.BeginTransactionAsync(TestContext.Current.CancellationToken);
        other.Rows(WriteEverybodysRow);

        var accepting = AcceptAsync(totalLimit: 1000);
        await UntilOneWaitsAsync();
        await uncommitted.CommitAsync(Token);

        Assert.NotNull((await accepting).Turn);
        Assert.Equal(["0|100", $"{Ann}|100"], Usage());
    }

    [Theory(Timeout = 60_000)]
    [InlineData("pg_cancel_backend")]
    [InlineData("pg_terminate_backend")]
    public async Task A_call_whose_statement_somebody_else_ends_may_be_repeated_and_nothing_of_it_is_left(string end)
    {
        using var other = TestDatabase.Open(_service.DatabasePath);
        await using var uncommitted = await other.BeginTransactionAsync(TestContext.Current.CancellationToken);
        other.Rows(WriteEverybodysRow);

        var accepting = AcceptAsync(totalLimit: 1000);
        await UntilOneWaitsAsync();
        _service.Query($"SELECT {end}(pid) {Waiting}");

        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => accepting)).StatusCode);
        await uncommitted.RollbackAsync(Token);
        Assert.Empty(Usage());
        Assert.False((await AcceptAsync(totalLimit: 1000)).Duplicate);
        Assert.Equal(["0|100", $"{Ann}|100"], Usage());
    }

    private async Task<Wire.AcceptMessageResponse> AcceptAsync(long totalLimit) =>
        await _service.Client.AcceptMessageAsync(
            new Wire.AcceptMessageRequest
            {
                Session = new Wire.SessionId { SessionKey = $"telegram:{Ann}", Channel = "telegram", ChatId = $"{Ann}" },
                SourceId = "1",
                Text = "four",
                Budget = new Wire.Budget { UserId = Ann, TotalLimit = totalLimit, ReserveTokens = 99, MaxHistoryMessages = 50 },
            },
            cancellationToken: Token);

    private IReadOnlyList<string> Usage() => _service.Query("SELECT user_id, tokens FROM usage ORDER BY user_id");

    private async Task UntilOneWaitsAsync()
    {
        while (_service.Query($"SELECT 1 {Waiting}").Count == 0)
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Token);
    }
}
