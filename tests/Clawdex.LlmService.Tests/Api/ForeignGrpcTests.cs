using System.Globalization;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmService.Tests.Hosting;
using Clawdex.Testing;
using Grpc.Core;
using Grpc.Net.Client;

namespace Clawdex.LlmService.Tests.Api;

/// <summary>
/// What LlmService speaks is gRPC to everybody: Google's own implementation, through Python, calls the service, and our
/// generated client calls a Python server.
/// </summary>
[Collection(nameof(Alone))]
public sealed class ForeignGrpcTests : ServiceTest
{
    [RequiresToolFact(ExternalTool.PythonGrpc)]
    public async Task A_Python_client_makes_a_unary_call()
    {
        using var python = await PythonPeer.StartAsync("client.py", "unary", Service.GrpcAddress.Authority);

        Assert.Equal("openrouter openai/gpt-4o known=True", await python.ReadToEndAsync());
    }

    [RequiresToolFact(ExternalTool.PythonGrpc)]
    public async Task A_Python_client_reads_a_stream()
    {
        Emulator.Script(LlmScript.Reply("Grüße", " 🌍", " one", " two"));
        using var python = await PythonPeer.StartAsync("client.py", "stream", Service.GrpcAddress.Authority);

        Assert.Equal("started gemini/gemini-2.5-flash|Grüße| 🌍| one| two|finished 1 12/34", await python.ReadToEndAsync());
    }

    [RequiresToolFact(ExternalTool.PythonGrpc)]
    public async Task A_Python_client_sees_the_status_and_the_facts()
    {
        Emulator.Script(LlmScript.Respond(429, Wires.GeminiError(429, "RESOURCE_EXHAUSTED", "slow", """[{"retryDelay":"7s"}]""")));
        using var python = await PythonPeer.StartAsync("client.py", "error", Service.GrpcAddress.Authority);

        Assert.Equal(
            "RESOURCE_EXHAUSTED|RateLimited: slow|FAILURE_KIND_RATE_LIMITED gemini 7000", await python.ReadToEndAsync());
    }

    [RequiresToolFact(ExternalTool.PythonGrpc)]
    public async Task A_Python_clients_deadline_ends_the_call_on_both_sides()
    {
        Emulator.Script(LlmScript.Of(new ScriptStep.Text("Half"), new ScriptStep.Stall()));
        using var python = await PythonPeer.StartAsync("client.py", "deadline", Service.GrpcAddress.Authority);

        Assert.Equal("Half|DEADLINE_EXCEEDED", await python.ReadToEndAsync());
        Assert.False((await Emulator.Chats[0].Ended.WaitAsync(Patience, Cancelled)).Completed);
    }

    [RequiresToolFact(ExternalTool.PythonGrpc)]
    public async Task A_Python_clients_cancellation_reaches_the_providers_socket_within_100_ms()
    {
        var best = TimeSpan.MaxValue;
        // The best of a few tries counts: a busy machine may delay any single one.
        for (var attempt = 0; attempt < 4 && best > TimeSpan.FromMilliseconds(100); attempt++)
        {
            Emulator.Reset();
            Emulator.Script(LlmScript.Of(new ScriptStep.Text("Half"), new ScriptStep.Stall()));
            using var python = await PythonPeer.StartAsync("client.py", "cancel", Service.GrpcAddress.Authority);

            // The client prints its clock, Unix seconds, in the moment before it cancels.
            var output = (await python.ReadToEndAsync()).Split('|');
            var end = await Emulator.Chats[0].Ended.WaitAsync(Patience, Cancelled);

            Assert.Equal(["Half", "CANCELLED"], [output[0], output[2]]);
            Assert.False(end.Completed);
            var taken = end.At - DateTimeOffset.UnixEpoch.AddSeconds(double.Parse(output[1], CultureInfo.InvariantCulture));
            best = taken < best ? taken : best;
        }

        Assert.InRange(best, TimeSpan.FromMilliseconds(-5), TimeSpan.FromMilliseconds(100));
    }

    [RequiresToolFact(ExternalTool.PythonGrpc)]
    public async Task A_message_of_five_megabytes_is_taken()
    {
        using var python = await PythonPeer.StartAsync("client.py", "large", Service.GrpcAddress.Authority);

        Assert.Equal("OK", await python.ReadToEndAsync());
        Assert.Single(Emulator.Chats);
    }

    [RequiresToolFact(ExternalTool.PythonGrpc)]
    public async Task Our_client_calls_a_Python_server()
    {
        using var python = await PythonPeer.StartAsync("server.py");
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{await python.ReadLineAsync()}");
        var client = new Llm.V1.Llm.LlmClient(channel);

        var resolved = await client.ResolveModelAsync(new() { Model = "some/model" }, cancellationToken: Cancelled);
        Assert.Equal("some/model from Python", resolved.Model.DisplayName);

        var stream = await CallAsync(client, "stream");
        Assert.Equal("Grüße 🌍", stream.Text);
        Assert.Equal(StatusCode.OK, stream.Status.StatusCode);
        Assert.Equal("some/model", stream.Finished?.Model);

        var error = await CallAsync(client, "error");
        Assert.Equal(new Status(StatusCode.ResourceExhausted, "slow down, ünïcode"), error.Status);
        Assert.Equal("1500", error.RetryAfterMs);

        var deadline = await CallAsync(client, "stall", DateTime.UtcNow.AddSeconds(3));
        Assert.Equal(("Half", StatusCode.DeadlineExceeded), (deadline.Text, deadline.Status.StatusCode));
        Assert.Equal("ended stall", await python.ReadLineAsync());

        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        using var call = client.StreamChat(AnswerReading.Question("stall", "Hello"), cancellationToken: cancellation.Token);
        while (await call.ResponseStream.MoveNext(Cancelled) && call.ResponseStream.Current.Delta is null)
        {
            // Started comes first.
        }

        await cancellation.CancelAsync();
        Assert.Equal("ended stall", await python.ReadLineAsync());
    }

    private static TimeSpan Patience => TimeSpan.FromSeconds(10);

    private static async Task<Answer> CallAsync(Llm.V1.Llm.LlmClient client, string model, DateTime? deadline = null)
    {
        using var call = client.StreamChat(AnswerReading.Question(model, "Hello"), deadline: deadline, cancellationToken: Cancelled);
        return await call.CollectAsync(Cancelled);
    }
}
