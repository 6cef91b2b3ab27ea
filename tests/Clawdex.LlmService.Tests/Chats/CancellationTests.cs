using System.Diagnostics;
using Clawdex.Llm.V1;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmService.Tests.Hosting;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Clawdex.LlmService.Tests.Chats;

/// <summary>Case 60: whoever stops reading stops the provider, at any moment, within 100 ms and without noise.</summary>
[Collection(nameof(Alone))]
public sealed class CancellationTests : ServiceTest
{
    private const int Attempts = 5;
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(100);

    public static TheoryData<string, ScriptStep[]> Moments => new()
    {
        { "before the headers", [new ScriptStep.Respond(200), new ScriptStep.Delay(int.MaxValue)] },
        { "before the first word", [new ScriptStep.Comment(), new ScriptStep.Stall()] },
        { "in the middle", [new ScriptStep.Text("Half"), new ScriptStep.Stall()] },
        { "inside an event", [new ScriptStep.Raw("data: {\"candi"), new ScriptStep.Stall()] },
        { "after the finish reason", [Wires.GeminiChunk("All", "STOP"), new ScriptStep.Stall()] },
        { "in a flood", [new ScriptStep.Text("word ", 10_000_000)] },
    };

    [Theory]
    [MemberData(nameof(Moments))]
    public async Task Cancelling_closes_the_providers_socket(string moment, ScriptStep[] steps)
    {
        await CancelInTimeAsync(moment, steps);

        // A later call has gone through: what the cancelled ones log is logged.
        Assert.Equal("done", (await Service.AskAsync(GeminiModel, "echo done")).Text);
        Assert.DoesNotContain(Service.Logs.GetSnapshot(), entry => entry.Level >= LogLevel.Warning);
        Assert.DoesNotContain(Service.Logs.GetSnapshot(), entry => entry.Category?.StartsWith("Clawdex", StringComparison.Ordinal) is true);
    }

    [Theory]
    [MemberData(nameof(Moments))]
    public Task Stopping_an_answer_that_outlives_its_call_closes_the_providers_socket(string moment, ScriptStep[] steps) =>
        CancelInTimeAsync(moment, steps, "of a turn");

    [Fact]
    public Task A_client_that_does_not_read_holds_the_provider_back_and_can_still_cancel() =>
        CancelInTimeAsync("unread", [new ScriptStep.Text(new string('x', 1000), 1_000_000), new ScriptStep.Finish()]);

    /// <summary>The best of a few tries counts: a busy machine may delay any single one.</summary>
    /// <param name="answerId">With one, to leave the call is not enough: a killed gateway does that as well.</param>
    private async Task CancelInTimeAsync(string moment, ScriptStep[] steps, string answerId = "")
    {
        var best = TimeSpan.MaxValue;
        for (var attempt = 0; attempt < Attempts && best > Limit; attempt++)
        {
            Emulator.Reset();
            Emulator.Script(LlmScript.Of(steps));
            using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
            var question = AnswerReading.Question(GeminiModel, "Hello");
            question.AnswerId = answerId;
            using var call = Service.Client.StreamChat(question, cancellationToken: cancellation.Token);
            var request = await Emulator.WaitForChatAsync(Cancelled);
            if (steps[0] is ScriptStep.Text)
                await ReadUntilTextAsync(call);
            Assert.False(request.Ended.IsCompleted);

            var begin = Stopwatch.GetTimestamp();
            await cancellation.CancelAsync();
            if (answerId.Length > 0)
                await Service.Client.StopChatAsync(new StopChatRequest { AnswerId = answerId }, cancellationToken: Cancelled);
            var end = await request.Ended.WaitAsync(TimeSpan.FromSeconds(10), Cancelled);

            Assert.False(end.Completed, moment);
            var taken = Stopwatch.GetElapsedTime(begin, end.Timestamp);
            best = taken < best ? taken : best;
        }

        Assert.InRange(best, TimeSpan.MinValue, Limit);
    }

    [Fact]
    public async Task A_deadline_closes_the_providers_socket()
    {
        Emulator.Script(LlmScript.Of(new ScriptStep.Text("Half"), new ScriptStep.Stall()));

        using var call = Service.Client.StreamChat(
            AnswerReading.Question(GeminiModel, "Hello"), deadline: DateTime.UtcNow.AddMilliseconds(500), cancellationToken: Cancelled);
        var answer = await call.CollectAsync(Cancelled);

        Assert.Equal(StatusCode.DeadlineExceeded, answer.Status.StatusCode);
        Assert.False((await Emulator.Chats[0].Ended.WaitAsync(TimeSpan.FromSeconds(10), Cancelled)).Completed);
    }

    private static async Task ReadUntilTextAsync(AsyncServerStreamingCall<StreamChatResponse> call)
    {
        while (await call.ResponseStream.MoveNext(Cancelled) && call.ResponseStream.Current.Delta is null)
        {
            // Started comes first.
        }
    }
}
