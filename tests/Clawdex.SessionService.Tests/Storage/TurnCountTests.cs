using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Clawdex.SessionService.Model;
using Clawdex.SessionService.Storage;
using Clawdex.SessionService.Tests.Api;
using Clawdex.SessionService.Turns;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Clawdex.SessionService.Tests.Storage;

/// <summary>What is counted has happened: a transaction that was rolled back leaves no trace in the metrics either.</summary>
public sealed class TurnCountTests
{
    // Flows into the service that is started here, and into no other one that counts at the same time.
    private static readonly AsyncLocal<bool> IsMine = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_state_is_counted_when_it_is_durable_and_not_when_its_transaction_is_rolled_back()
    {
        IsMine.Value = true;
        ConcurrentQueue<string> seen = [];
        using var listener = ListenTo(seen);
        using var service = ServiceUnderTest.Start();
        var chat = new Conversation(service.Client);
        var turnId = await chat.SayAsync("hello");

        var results = await RunTogetherAsync(
            service,
            () => service.Get<TurnLedger>().FailAsync(turnId, "unavailable", FinishReason.Unknown, charge: null, gateway: "", Token),
            () => service.Get<ISessionWriter>().WriteAsync(MakeTheCommitFail, Token));
        Assert.All(results, result => Assert.IsType<SqliteException>(result));
        Assert.DoesNotContain("clawdex.session.turns failed 1", seen);

        await chat.FailAsync(turnId);
        await service.Get<ISessionWriter>().WriteAsync(_ => Task.FromResult(true), Token);
        Assert.Single(seen, "clawdex.session.turns failed 1");
    }

    [Fact]
    public async Task An_operation_that_failed_is_none_of_those_that_shared_a_commit()
    {
        IsMine.Value = true;
        ConcurrentQueue<string> seen = [];
        using var listener = ListenTo(seen);
        using var service = ServiceUnderTest.Start();
        var writer = service.Get<ISessionWriter>();

        var results = await RunTogetherAsync(
            service,
            () => writer.WriteAsync(_ => Task.FromResult(true), Token),
            () => writer.WriteAsync<bool>(_ => throw new InvalidOperationException(), Token));
        await writer.WriteAsync(_ => Task.FromResult(true), Token);

        Assert.Equal([null, typeof(InvalidOperationException)], results.Select(result => result?.GetType()));
        Assert.DoesNotContain("clawdex.session.commit.operations  2", seen);
    }

    /// <summary>Runs the calls in one transaction, and answers how each of them failed; null = it did not.</summary>
    private static async Task<Exception?[]> RunTogetherAsync(ServiceUnderTest service, params Func<Task>[] calls)
    {
        using var begun = new SemaphoreSlim(0);
        using var gate = new ManualResetEventSlim();
        var before = service.Get<ISessionWriter>().WriteAsync(
            _ =>
            {
                begun.Release();
                return Task.FromResult(gate.Wait(TimeSpan.FromSeconds(30), Token));
            },
            Token);
        await begun.WaitAsync(Token);
        var running = calls.Select(async call => await Record.ExceptionAsync(call)).ToArray();
        gate.Set();
        Assert.True(await before);
        return await Task.WhenAll(running);
    }

    private static Task<int> MakeTheCommitFail(WriteTransaction transaction) => transaction.Db.Database.ExecuteSqlRawAsync(
        """
        PRAGMA defer_foreign_keys = ON;
        INSERT INTO compactions (session_id, summary, token_count, first_message_id, last_message_id, inserted_at) VALUES (-1, '', 0, 1, 1, 0);
        """,
        Token);

    private static MeterListener ListenTo(ConcurrentQueue<string> seen)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == SessionTelemetry.Name)
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => See(seen, instrument, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => See(seen, instrument, value, tags));
        listener.Start();
        return listener;
    }

    private static void See(ConcurrentQueue<string> seen, Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (IsMine.Value)
            seen.Enqueue($"{instrument.Name} {(tags.IsEmpty ? "" : tags[0].Value)} {value}");
    }
}
