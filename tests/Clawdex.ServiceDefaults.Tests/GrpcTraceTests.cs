using System.Diagnostics;
using Clawdex.Llm.V1;
using Clawdex.Testing.Telemetry;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using LlmProto = Clawdex.Llm.V1.Llm;

namespace Clawdex.ServiceDefaults.Tests;

/// <summary>A call from one service to another: one span on each side, the one below the other.</summary>
public sealed class GrpcTraceTests : IAsyncLifetime
{
    private static readonly ActivitySource Source = new("Clawdex.Test");

    private NewService? _server;
    private NewService? _caller;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private NewService Caller => _caller ?? throw new InvalidOperationException("The test has not begun.");

    private LlmProto.LlmClient Client => Caller.Services.GetRequiredService<LlmProto.LlmClient>();

    public async ValueTask InitializeAsync()
    {
        _server = await NewService.StartAsync(
            services => services.AddGrpcServer(), app => app.MapGrpcService<Echo>(), Cancel, ("Kestrel:EndpointDefaults:Protocols", "Http2"));
        _caller = await NewService.StartAsync(
            services => services.AddGrpcServiceClient<LlmProto.LlmClient>("llm"), _ => { }, Cancel, ("services:llm:grpc:0", _server.Address));
    }

    public async ValueTask DisposeAsync()
    {
        await Caller.DisposeAsync();
        await StopServerAsync();
    }

    [Theory]
    [InlineData("good", "0", "0", false)]
    [InlineData("missing", "5", "5", false)]
    [InlineData("broken", "13", "13", true)]
    public async Task A_unary_call_is_told_on_both_sides(string model, string clientStatus, string serverStatus, bool isServersFault)
    {
        var (client, server) = await TraceAsync("ResolveModel", async () =>
        {
            try
            {
                await Client.ResolveModelAsync(new() { Model = model }, cancellationToken: Cancel);
            }
            catch (RpcException)
            {
                // The caller's trace says so.
            }
        });

        Assert.Equal((clientStatus, serverStatus), (client.Attributes["rpc.grpc.status_code"], server.Attributes["rpc.grpc.status_code"]));
        Assert.Equal((model != "good", isServersFault), (client.StatusCode == 2, server.StatusCode == 2));
        Assert.Equal(model != "good", client.Attributes.ContainsKey("error.type"));
    }

    [Theory]
    [InlineData(int.MaxValue, "0")]
    [InlineData(1, "1")]
    public async Task A_stream_is_one_call_until_its_end_or_until_nobody_reads_on(int read, string status)
    {
        var (client, server) = await TraceAsync("StreamChat", async () =>
        {
            using var call = Client.StreamChat(new() { Model = "good" }, cancellationToken: Cancel);
            for (var i = 0; i < read && await call.ResponseStream.MoveNext(Cancel); i++)
                await Task.Yield();
        });

        Assert.Equal(status, client.Attributes["rpc.grpc.status_code"]);
        Assert.Equal(0, client.StatusCode);
        Assert.True(client.End >= server.Start);
    }

    [Fact]
    public async Task A_call_of_nobody_leaves_no_trace_on_either_side()
    {
        Activity.Current = null;

        await Client.ResolveModelAsync(new() { Model = "good" }, cancellationToken: Cancel);

        await StopServerAsync();
        Assert.Empty((await Caller.ExportedAsync()).Spans);
    }

    private async Task StopServerAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        _server = null;
    }

    private async Task<(OtlpSpan Client, OtlpSpan Server)> TraceAsync(string method, Func<Task> callAsync)
    {
        using (Source.StartActivity("message"))
            await callAsync();
        // Only then has its span ended, too. Both services hear of all spans, since this is one process.
        await StopServerAsync();

        var spans = (await Caller.ExportedAsync()).Spans;
        Assert.Equal(3, spans.Count);
        Assert.Single(spans.Select(span => span.TraceId).Distinct());
        var client = Assert.Single(spans, span => span.Kind == 3);
        var server = Assert.Single(spans, span => span.Kind == 2);
        Assert.Equal(spans.Single(span => span.Source == Source.Name).Id, client.ParentId);
        Assert.Equal(client.Id, server.ParentId);
        foreach (var span in (OtlpSpan[])[client, server])
        {
            Assert.Equal($"clawdex.llm.v1.Llm/{method}", span.Name);
            Assert.Equal(("grpc", "clawdex.llm.v1.Llm", method), (span.Attributes["rpc.system"], span.Attributes["rpc.service"], span.Attributes["rpc.method"]));
            Assert.DoesNotContain(span.Attributes.Keys, key => key.StartsWith("grpc.", StringComparison.Ordinal));
        }

        return (client, server);
    }

    private sealed class Echo : LlmProto.LlmBase
    {
        public override Task<ResolveModelResponse> ResolveModel(ResolveModelRequest request, ServerCallContext context) => request.Model switch
        {
            "missing" => throw new RpcException(new Status(StatusCode.NotFound, "There is none.")),
            "broken" => throw new RpcException(new Status(StatusCode.Internal, "Broken.")),
            _ => Task.FromResult(new ResolveModelResponse()),
        };

        public override async Task StreamChat(StreamChatRequest request, IServerStreamWriter<StreamChatResponse> responseStream, ServerCallContext context)
        {
            for (var i = 0; i < 3; i++)
                await responseStream.WriteAsync(new StreamChatResponse { Delta = new Delta { Text = "word" } }, context.CancellationToken);
        }
    }
}
