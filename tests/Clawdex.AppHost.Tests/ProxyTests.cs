using Clawdex.LlmEmulator;
using Clawdex.TelegramEmulator;
using Clawdex.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Clawdex.AppHost.Tests;

/// <summary>Behind a company's proxy, as its variables say it. It answers nobody unless a test lets it.</summary>
public sealed class ProxyTests : IDisposable
{
    private const string Dead = "http://127.0.0.1:9";

    private readonly TemporaryDirectory _home = new();

    [Fact]
    public async Task The_whole_system_calls_itself_without_the_proxy()
    {
        var stop = TestContext.Current.CancellationToken;

        await using var appHost = AppHostProcess.Start(_home.FullPath, Variables(Dead), "--emulators:chatPort=0", "--emulators:delayMs=0");
        using var telegram = await appHost.ChatPageAsync(stop);

        await ClawdexApp.AskAsync(Assert.Single(await telegram.GetChatsAsync(stop)), "echo hello", message => message.Text == "hello", stop);
    }

    [Fact]
    public async Task Services_that_are_started_alone_call_each_other_without_the_proxy()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var telegram = await TelegramEmulatorHost.StartAsync(stop);
        await using var models = await LlmEmulatorHost.StartAsync(cancellationToken: stop);
        var chat = await telegram.Control.CreatePrivateChatAsync("Ada", stop);

        await using var session = ServiceAlone.Start("Clawdex.SessionService", Variables(Dead), "--Kestrel:Endpoints:grpc:Url=http://127.0.0.1:0", $"--sessions:dataDirectory={_home.FullPath}");
        await using var llm = ServiceAlone.Start("Clawdex.LlmService", Variables(Dead), "--Kestrel:Endpoints:grpc:Url=http://127.0.0.1:0", $"--gemini:baseUrl={models.GeminiBaseUrl}");
        await using var gateway = ServiceAlone.Start("Clawdex.Gateway", [.. Variables(Dead), new("channels__telegram__botToken", telegram.Token)],
            $"--channels:telegram:apiBaseUrl={telegram.BaseAddress}", "--channels:telegram:everyoneIsOwner=true",
            $"--services:session:grpc:0={await session.Address}", $"--services:llm:grpc:0={await llm.Address}");

        await ClawdexApp.AskAsync(chat, "echo hello", message => message.Text == "hello", stop);
    }

    [Fact]
    public async Task Calls_to_other_machines_use_the_proxy()
    {
        var stop = TestContext.Current.CancellationToken;
        var asked = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var proxy = builder.Build();
        proxy.Urls.Add("http://127.0.0.1:0");
        proxy.Run(request =>
        {
            asked.TrySetResult(request.Request.Host.Host);
            request.Response.StatusCode = StatusCodes.Status502BadGateway;
            return Task.CompletedTask;
        });
        await proxy.StartAsync(stop);

        await using var llm = ServiceAlone.Start("Clawdex.LlmService", [.. Variables(proxy.Urls.Single()), new("gemini__apiKey", "key")],
            "--Kestrel:Endpoints:grpc:Url=http://127.0.0.1:0", "--gemini:baseUrl=http://models.example", "--gemini:allowInsecure=true");

        Assert.Equal("models.example", await asked.Task.WaitAsync(ClawdexApp.Patience, stop));
    }

    public void Dispose() => _home.Dispose();

    private static Dictionary<string, string> Variables(string proxy) => new()
    {
        ["http_proxy"] = proxy,
        ["HTTP_PROXY"] = proxy,
        ["https_proxy"] = proxy,
        ["HTTPS_PROXY"] = proxy,
        ["all_proxy"] = proxy,
        ["ALL_PROXY"] = proxy,
        ["no_proxy"] = "",
        ["NO_PROXY"] = "",
    };
}
