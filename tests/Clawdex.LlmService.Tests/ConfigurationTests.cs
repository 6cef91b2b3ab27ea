using System.Diagnostics;
using System.Net;
using Clawdex.LlmEmulator;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmService.Tests.Hosting;
using Clawdex.ServiceDefaults.Files;
using Clawdex.Testing;
using Grpc.Core;

namespace Clawdex.LlmService.Tests;

/// <summary>What can be configured, what is refused at the start, and what a service without keys says.</summary>
public sealed class ConfigurationTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("gemini-2.5-flash", "gemini")]
    [InlineData("openai/gpt-4o", "openrouter")]
    public async Task A_service_without_keys_starts_and_says_which_one_is_missing(string model, string provider)
    {
        await using var service = LlmServiceHost.StartBare(null, ("gemini:apiKey", " "));

        var answer = await service.AskAsync(model);
        Assert.Equal((StatusCode.FailedPrecondition, "NotConfigured", provider), (answer.Status.StatusCode, answer.Facts, answer.Failure?.Provider));
        var resolved = await service.Client.ResolveModelAsync(new() { Model = model }, cancellationToken: Cancelled);
        Assert.Equal((true, false), (resolved.Known, resolved.IsConfigured));
    }

    [Fact]
    public async Task A_server_on_this_machine_needs_no_key()
    {
        await using var emulator = await LlmEmulatorHost.StartAsync(cancellationToken: Cancelled);
        await using var service = LlmServiceHost.StartBare(
            null, ("openrouter:baseUrl", emulator.OpenRouterBaseUrl), ("gemini:baseUrl", emulator.GeminiBaseUrl.Replace("127.0.0.1", "localhost", StringComparison.Ordinal)));

        Assert.Equal("Hi", (await service.AskAsync("llama3.2", "echo Hi")).Text);
        Assert.Equal("Hi", (await service.AskAsync("gemini-2.5-flash", "echo Hi")).Text);
        Assert.All(emulator.Chats, request => Assert.False(request.KeyPresent));
        // A server other than OpenRouter reports usage only when asked to.
        Assert.True(emulator.Chats[0].Body.GetProperty("stream_options").GetProperty("include_usage").GetBoolean());
    }

    [Theory]
    [InlineData("", "/api/v1")]
    [InlineData("/", "/api/v1/")]
    [InlineData("/v1beta", "/api/v1")]
    [InlineData("/v1beta/", "/api/v1///")]
    public async Task A_base_address_may_be_written_in_several_ways(string gemini, string openRouter)
    {
        await using var emulator = await LlmEmulatorHost.StartAsync(
            new LlmEmulatorOptions { DelayMs = 0, GeminiKey = TestKeys.Gemini, OpenRouterKey = TestKeys.OpenRouter }, Cancelled);
        await using var service = LlmServiceHost.Start(
            emulator, null, ("gemini:baseUrl", emulator.GeminiBaseUrl + gemini), ("openrouter:baseUrl", emulator.GeminiBaseUrl + openRouter));

        Assert.Equal("Hi", (await service.AskAsync("gemini-2.5-flash", "echo Hi")).Text);
        Assert.Equal("Hi", (await service.AskAsync("openai/gpt-4o", "echo Hi")).Text);
        Assert.Equal("/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", emulator.Chats[0].Target);
        Assert.Equal("/api/v1/chat/completions", emulator.Chats[1].Target);
    }

    [Fact]
    public async Task A_wrong_key_is_named_by_its_setting()
    {
        await using var emulator = await LlmEmulatorHost.StartAsync(
            new LlmEmulatorOptions { DelayMs = 0, GeminiKey = "another", OpenRouterKey = "another" }, Cancelled);
        await using var service = LlmServiceHost.Start(emulator);

        Assert.Equal(
            new Status(StatusCode.Unauthenticated, "KeyRejected"), (await service.AskAsync("gemini-2.5-flash")).Status);
        Assert.Equal(
            new Status(StatusCode.Unauthenticated, "KeyRejected"), (await service.AskAsync("openai/gpt-4o")).Status);
    }

    [Fact]
    public async Task Every_mistake_is_told_at_the_start_by_its_key_and_without_its_value()
    {
        var (exitCode, output) = await RefusedAsync(
            [("gemini__apiKey", "secret with a space"), ("openrouter__apiKey", "sécret")],
            "--gemini:baseUrl=ftp://secret",
            "--openrouter:baseUrl=https://user:secret@host/",
            "--openrouter:baseURI=https://secret",
            "--opnrouter:allowInsecure=true",
            "--llm:idleTimeoutSeconds=0",
            "--llm:retryAttempts=many",
            "--llm:fallbackModels:0=gemini/",
            "--agent:fallbackModels:0=secret");

        string[] messages =
        [
            "gemini:apiKey contains a blank or a character that no key has",
            "gemini:baseUrl must be an absolute http or https URL",
            "openrouter:apiKey contains a blank or a character that no key has",
            "openrouter:baseUrl must be an absolute http or https URL without user name",
            "command line --openrouter:baseURI: openrouter:baseURI is no setting of Clawdex; did you mean openrouter:baseUrl?",
            "command line --opnrouter:allowInsecure: opnrouter:allowInsecure is no setting of Clawdex; did you mean openrouter:allowInsecure?",
            "llm:idleTimeoutSeconds must be a whole number from 1 to 3600",
            "llm:retryAttempts must be a whole number from 0 to 10",
            "llm:fallbackModels:0 must name a model",
            "command line --agent:fallbackModels: agent:fallbackModels is now llm:fallbackModels",
        ];
        Assert.Equal(1, exitCode);
        Assert.All(messages, message => Assert.Contains($"Invalid setting: {message}", output, StringComparison.Ordinal));
        Assert.DoesNotContain("secret", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--gemini:apiKey=hush-hush")]
    [InlineData("--OPENROUTER:APIKEY=hush-hush")]
    [InlineData("/calls:secret=hush-hush")]
    [InlineData("--calls__secret=hush-hush")]
    public async Task A_secret_on_the_command_line_is_refused_because_others_can_read_it(string argument)
    {
        var (exitCode, output) = await RefusedAsync([], argument);

        Assert.Equal(1, exitCode);
        Assert.Contains($"Invalid setting: {argument.TrimStart('-', '/').Split('=')[0].Replace("__", ":", StringComparison.Ordinal)} stands on the command line, which other accounts of this machine can read", output, StringComparison.Ordinal);
        Assert.DoesNotContain("hush-hush", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_may_stand_in_a_file()
    {
        using var folder = new TemporaryDirectory();
        await File.WriteAllTextAsync(folder["key"], "from-a-file\n", Cancelled);
        await using var emulator = await LlmEmulatorHost.StartAsync(new LlmEmulatorOptions { DelayMs = 0, GeminiKey = "from-a-file" }, Cancelled);
        await using var service = LlmServiceHost.StartBare(null, ("gemini:baseUrl", emulator.GeminiBaseUrl), ("gemini:apiKeyFile", folder["key"]));

        Assert.Equal("Hi", (await service.AskAsync("gemini-2.5-flash", "echo Hi")).Text);
    }

    [Fact]
    public async Task A_file_of_a_key_that_cannot_be_used_is_named_with_its_key()
    {
        using var folder = new TemporaryDirectory();
        await File.WriteAllTextAsync(folder["empty"], "\r\n", Cancelled);

        var (exitCode, output) = await RefusedAsync(
            [("openrouter__apiKey", "set-as-well")],
            $"--gemini:apiKeyFile={folder["missing"]}", $"--openrouter:apiKeyFile={folder["empty"]}", $"--calls:secretFile={folder["empty"]}");

        Assert.Equal(1, exitCode);
        Assert.Contains($"Invalid setting: gemini:apiKeyFile: {folder["missing"]} cannot be read", output, StringComparison.Ordinal);
        Assert.Contains("Invalid setting: openrouter:apiKey and openrouter:apiKeyFile are both set; keep one of them", output, StringComparison.Ordinal);
        Assert.Contains($"Invalid setting: calls:secretFile: {folder["empty"]} is empty", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tilde_in_the_data_directory_is_the_home_folder_and_what_is_kept_there_is_its_owners_alone()
    {
        using var home = new TemporaryDirectory();
        await using var emulator = await LlmEmulatorHost.StartAsync(cancellationToken: Cancelled);
        using var service = Start([("HOME", home.FullPath)], "--llm:dataDirectory=~/catalogue", $"--gemini:baseUrl={emulator.GeminiBaseUrl}");

        while (!File.Exists(home["catalogue/models.json"]))
        {
            Assert.False(service.HasExited);
            await Task.Delay(TimeSpan.FromMilliseconds(20), Cancelled);
        }

        Assert.False(OwnerOnly.IsOpen(home["catalogue"]));
        Assert.False(OwnerOnly.IsOpen(home["catalogue/models.json"]));
        service.Kill();
        await service.WaitForExitAsync(Cancelled);
    }

    [Fact]
    public async Task Health_answers_over_HTTP_1_whatever_the_providers_do()
    {
        await using var service = LlmServiceHost.StartBare(null);
        using var client = new HttpClient();

        foreach (var path in (string[])["/health", "/alive"])
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri(service.HttpAddress, path), Cancelled)).StatusCode);
    }

    [Theory] // 50
    [InlineData("gemini-2.5-flash", "user model user")]
    [InlineData("openai/gpt-4o", "user assistant user")]
    public async Task A_history_reaches_the_wire_normalized_with_its_system_prompt(string model, string roles)
    {
        await using var emulator = await LlmEmulatorHost.StartAsync(cancellationToken: Cancelled);
        await using var service = LlmServiceHost.Start(emulator);
        emulator.Script(LlmScript.Reply("ok"));

        await service.AskAsync(new Llm.V1.StreamChatRequest
        {
            Model = model,
            SystemPrompt = " Be brief. ",
            Messages =
            {
                Message(Llm.V1.Role.Assistant, "I began"),
                Message(Llm.V1.Role.User, "one"),
                Message(Llm.V1.Role.User, "two"),
                Message(Llm.V1.Role.Assistant, "three"),
                Message(Llm.V1.Role.Assistant, " "),
                Message(Llm.V1.Role.User, "four"),
                Message(Llm.V1.Role.Assistant, "half an"),
            },
        });

        var request = Assert.Single(emulator.Chats);
        Assert.Equal("Be brief.", request.SystemPrompt);
        Assert.Equal(roles, string.Join(' ', request.Messages.Select(message => message.Role)));
        Assert.Equal(["one\n\ntwo", "three", "four"], request.Messages.Select(message => message.Content));
    }

    [Fact] // 50
    public async Task A_request_without_a_question_is_malformed()
    {
        await using var service = LlmServiceHost.StartBare(null, ("gemini:baseUrl", "http://127.0.0.1:1"));
        Llm.V1.StreamChatRequest[] malformed =
        [
            new() { Model = "gemini-2.5-flash", SystemPrompt = "only this" },
            new() { Model = "gemini-2.5-flash", Messages = { Message(Llm.V1.Role.Assistant, "x") } },
            new() { Model = "gemini-2.5-flash", Messages = { Message(Llm.V1.Role.Unspecified, "x") } },
            AnswerReading.Question("", "x"),
            AnswerReading.Question("gemini/", "x"),
        ];

        foreach (var request in malformed)
            Assert.Equal(StatusCode.InvalidArgument, (await service.AskAsync(request)).Status.StatusCode);
    }

    /// <summary>The program in a process of its own, until it ends by itself.</summary>
    [Theory]
    [InlineData("http://*:5121")]
    [InlineData("http://0.0.0.0:5121")]
    [InlineData("http://[::]:5121")]
    [InlineData("http://llm.internal:5121")]
    [InlineData("http://[127.0.0.1]:5121")]
    public async Task A_service_that_other_machines_can_call_does_not_start_without_a_secret(string url)
    {
        var (exitCode, output) = await RefusedAsync([], $"--Kestrel:Endpoints:outside:Url={url}");

        Assert.Equal(1, exitCode);
        Assert.Contains("Invalid setting: calls:secret is missing: Kestrel:Endpoints:outside:Url lets other machines call this service", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ASPNETCORE_URLS", "http://localhost:5121;http://0.0.0.0:5122", "URLS")]
    [InlineData("ASPNETCORE_HTTP_PORTS", "5121", "HTTP_PORTS")]
    [InlineData("ASPNETCORE_HTTPS_PORTS", "5121", "HTTPS_PORTS")]
    public async Task An_address_that_the_server_prefers_to_its_endpoints_needs_a_secret_as_well(string variable, string value, string named)
    {
        var (exitCode, output) = await RefusedAsync([("ASPNETCORE_PREFERHOSTINGURLS", "true"), (variable, value)]);

        Assert.Equal(1, exitCode);
        Assert.Contains($"Invalid setting: calls:secret is missing: {named} lets other machines call this service", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_blank_is_no_secret()
    {
        var (exitCode, output) = await RefusedAsync([("calls__secret", " ")], "--Kestrel:Endpoints:outside:Url=http://*:5121");

        Assert.Equal(1, exitCode);
        Assert.Contains("Invalid setting: calls:secret is missing: ", output, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Output)> RefusedAsync((string Name, string Value)[] variables, params string[] arguments)
    {
        using var service = Start(variables, arguments);
        var output = await service.StandardOutput.ReadToEndAsync(Cancelled);
        await service.WaitForExitAsync(Cancelled);
        return (service.ExitCode, output);
    }

    private static Process Start((string Name, string Value)[] variables, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Clawdex.LlmService.dll"), .. arguments, "--Kestrel:Endpoints:grpc:Url=http://127.0.0.1:0", "--Kestrel:Endpoints:http:Url=http://127.0.0.1:0"])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        return Process.Start(start) ?? throw new InvalidOperationException("dotnet could not be started.");
    }

    private static Llm.V1.ChatMessage Message(Llm.V1.Role role, string content) => new() { Role = role, Content = content };
}
