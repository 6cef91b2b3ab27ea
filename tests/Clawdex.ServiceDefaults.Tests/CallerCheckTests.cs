using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using Clawdex.ServiceDefaults.Calls;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using LlmProto = Clawdex.Llm.V1.Llm;

namespace Clawdex.ServiceDefaults.Tests;

/// <summary>What a call costs a service that is made without its secret: nothing but the head of a request.</summary>
public sealed class CallerCheckTests : IAsyncLifetime
{
    private const string Secret = "what-the-services-know-each-other-by";

    /// <summary>A refusal waits for nothing; this is for a busy machine.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private NewService? _service;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private NewService Service => _service ?? throw new InvalidOperationException("The test has not begun.");

    public async ValueTask InitializeAsync() => _service = await NewService.StartAsync(
        services => services.AddGrpcServer(), app => app.MapGrpcService<Nothing>(), Cancel, ("Kestrel:EndpointDefaults:Protocols", "Http2"), ("calls:secret", Secret));

    public ValueTask DisposeAsync() => Service.DisposeAsync();

    [Theory]
    [InlineData(1L)]
    [InlineData(2L * GrpcServerExtensions.MaxMessageBytes)]
    public async Task Who_does_not_know_the_secret_is_refused_before_his_message_has_come_and_leaves_no_trace(long bytes)
    {
        Activity.Current = null;
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/clawdex.llm.v1.Llm/ResolveModel", UriKind.Relative))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new MessageThatNeverEnds(bytes),
        };

        using var response = await Service.Http.SendAsync(request, Cancel).WaitAsync(Patience, Cancel);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(["16"], response.Headers.GetValues("grpc-status"));
        Assert.Equal(["secret"], response.Headers.GetValues(CallSettings.RefusalTrailer));
        Assert.Empty((await Service.ExportedAsync()).Spans);
    }

    [Theory]
    [InlineData("", StatusCode.Unauthenticated, "secret")]
    [InlineData("another-secret-of-another-deployment", StatusCode.Unauthenticated, "secret")]
    [InlineData(Secret, StatusCode.Unimplemented, null)]
    public async Task A_caller_can_tell_a_refusal_from_an_answer(string secret, StatusCode status, string? trailer)
    {
        await using var caller = await NewService.StartAsync(
            services => services.AddGrpcServiceClient<LlmProto.LlmClient>("llm"), _ => { }, Cancel, ("services:llm:grpc:0", Service.Address), ("calls:secret", secret));
        var client = caller.Services.GetRequiredService<LlmProto.LlmClient>();

        var single = await Assert.ThrowsAsync<RpcException>(() => client.ResolveModelAsync(new() { Model = "any" }, cancellationToken: Cancel).ResponseAsync);
        using var call = client.StreamChat(new() { Model = "any" }, cancellationToken: Cancel);
        var streamed = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Cancel));

        Assert.All((RpcException[])[single, streamed], refusal => Assert.Equal((status, trailer), (refusal.StatusCode, refusal.Trailers.GetValue(CallSettings.RefusalTrailer))));
    }

    /// <summary>Its methods are all unimplemented.</summary>
    private sealed class Nothing : LlmProto.LlmBase;

    /// <summary>Says how long it is, and sends no more than the first bytes of it.</summary>
    private sealed class MessageThatNeverEnds : HttpContent
    {
        private readonly long _bytes;

        public MessageThatNeverEnds(long bytes)
        {
            _bytes = bytes;
            Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        }

        protected override bool TryComputeLength(out long length)
        {
            // What gRPC puts before each message: whether it is compressed, and its length.
            length = 5 + _bytes;
            return true;
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, Cancel);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(new byte[] { 0, 0, 0, 0, 1 }, cancellationToken);
            await stream.FlushAsync(cancellationToken);
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
    }
}
