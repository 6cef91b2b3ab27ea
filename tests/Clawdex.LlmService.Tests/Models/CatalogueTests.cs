using Clawdex.LlmEmulator;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmService.Models;
using Clawdex.LlmService.Tests.Hosting;
using Clawdex.Testing;

namespace Clawdex.LlmService.Tests.Models;

/// <summary>Cases 51 and 61: the catalogue comes in the background, is kept, and survives what providers list.</summary>
public sealed class CatalogueTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _folder = new();
    private readonly TestClock _clock = new();
    private LlmEmulatorHost? _emulator;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private LlmEmulatorHost Emulator => _emulator ?? throw new InvalidOperationException("The test has not begun.");

    public async ValueTask InitializeAsync() => _emulator = await LlmEmulatorHost.StartAsync(cancellationToken: Cancelled);

    public async ValueTask DisposeAsync()
    {
        await Emulator.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_built_in_table_serves_while_the_providers_are_still_silent()
    {
        Emulator.Script(
            LlmScript.Of(new ScriptStep.Stall()).On(LlmWire.GeminiModels), LlmScript.Of(new ScriptStep.Stall()).On(LlmWire.OpenRouterModels));
        await using var service = Start();

        var resolved = await service.Client.ResolveModelAsync(new() { Model = "openai/gpt-4o" }, cancellationToken: Cancelled);

        Assert.True(resolved.Known);
        Assert.Equal((128_000, "OpenAI: GPT-4o"), (resolved.Model.ContextWindow, resolved.Model.DisplayName));
        Assert.Equal("Hi", (await service.AskAsync("gemini-2.5-flash", "echo Hi")).Text);
    }

    [Fact] // 51
    public async Task Gemini_is_listed_page_by_page_without_what_cannot_chat()
    {
        Emulator.Script(
            LlmScript.Respond(200, """
                {"models":[{"name":"models/gemini-new","displayName":"Gemini New","inputTokenLimit":2000000,"outputTokenLimit":9,"supportedGenerationMethods":["generateContent"]},
                {"displayName":"nameless","supportedGenerationMethods":["generateContent"]},{"name":"models/embedding-1","supportedGenerationMethods":["embedContent"]},
                {"name":"models/methodless"},7,null],"nextPageToken":"p 2"}
                """).On(LlmWire.GeminiModels),
            LlmScript.Respond(200, """{"models":[{"name":"models/gemini-limitless","supportedGenerationMethods":["generateContent"]}]}""").On(LlmWire.GeminiModels));
        await using var service = Start();

        var known = await WaitForModelAsync(service, "gemini/gemini-limitless");

        Assert.Equal((Catalogue.ConservativeContextWindow, "gemini-limitless"), (known.ContextWindow, known.DisplayName));
        Assert.Equal(2_000_000, (await WaitForModelAsync(service, "gemini/gemini-new")).ContextWindow);
        Assert.False(await IsKnownAsync(service, "gemini/embedding-1"));
        Assert.False(await IsKnownAsync(service, "gemini/methodless"));
        var pages = Emulator.Requests.Where(request => request.Wire is LlmWire.GeminiModels).ToList();
        Assert.EndsWith("&pageToken=p%202", pages[1].Target, StringComparison.Ordinal);
        Assert.All(pages, page => Assert.True(page.KeyPresent));
    }

    [Theory]
    [InlineData("""[{"id":"local/model","object":"model","context_length":8192}]""")] // Together
    [InlineData("""{"object":"list","data":[{"id":"local/model","max_model_len":8192}]}""")] // vLLM
    [InlineData("""{"object":"list","models":[{"name":"local/model"}],"data":[{"id":"local/model","meta":{"n_ctx_train":131072,"n_ctx":8192}}]}""")] // llama.cpp
    [InlineData("""{"data":[{"id":"local/model","max_context_length":131072,"loaded_context_length":8192}]}""")] // LM Studio
    [InlineData("""{"data":[{"id":"local/model","context_window":8192}]}""")] // Groq
    [InlineData("""{"data":[{"id":"local/model","max_context_length":8192}]}""")] // Mistral
    public async Task Each_servers_list_tells_its_models_and_their_windows(string list)
    {
        Emulator.Script(LlmScript.Respond(200, list).On(LlmWire.OpenRouterModels));
        await using var service = Start();

        Assert.Equal(8192, (await WaitForModelAsync(service, "local/model")).ContextWindow);
    }

    [Fact] // 61
    public async Task OpenRouters_list_is_read_with_all_its_oddities_and_pages()
    {
        var many = string.Join(',', Enumerable.Range(0, 600).Select(i => $$$"""{"id":"many/model-{{{i}}}","name":"Many {{{i}}}","context_length":1000}"""));
        Emulator.Script(
            LlmScript.Respond(200, $$$"""
                {"data":[{"id":"odd/null-window","name":"Odd","context_length":null,"pricing":{"prompt":"-1","completion":"0"},"top_provider":{"context_length":null}},
                {"id":"odd/exponent","context_length":"4096","pricing":{"prompt":"1e-7"},"top_provider":{"context_length":2048,"max_completion_tokens":null}},
                {"name":"no id"},{{{many}}}],"total_count":603,"links":{"next":"/api/v1/models?offset=603"}}
                """).On(LlmWire.OpenRouterModels),
            LlmScript.Respond(200, """{"data":[{"id":"last/page","name":"Last"}]}""").On(LlmWire.OpenRouterModels));
        await using var service = Start();

        await WaitForModelAsync(service, "last/page");

        Assert.Equal(Catalogue.ConservativeContextWindow, (await WaitForModelAsync(service, "odd/null-window")).ContextWindow);
        Assert.Equal(2048, (await WaitForModelAsync(service, "odd/exponent")).ContextWindow);
        Assert.True(await IsKnownAsync(service, "many/model-0") && await IsKnownAsync(service, "many/model-599"));
        Assert.Contains(Emulator.Requests, request => request.Target == "/api/v1/models?offset=603");
    }

    [Fact]
    public async Task A_next_page_on_another_host_never_gets_the_key()
    {
        await using var other = await LlmEmulatorHost.StartAsync(cancellationToken: Cancelled);
        Emulator.Script(LlmScript.Respond(
            200, $$$"""{"data":[{"id":"first/page","name":"x"}],"links":{"next":"{{{other.BaseAddress}}}api/v1/models"}}""").On(LlmWire.OpenRouterModels));
        await using var service = Start();

        await WaitForModelAsync(service, "first/page");

        Assert.Empty(other.Requests);
    }

    [Theory] // 51
    [InlineData(401, "{}")]
    [InlineData(400, """{"error":{"code":400,"details":[{"reason":"API_KEY_INVALID"}]}}""")]
    [InlineData(200, "<html>")]
    [InlineData(200, "{}")]
    public async Task A_list_that_fails_leaves_the_built_in_one_and_is_asked_for_again(int status, string body)
    {
        Emulator.Script(LlmScript.Respond(status, body).On(LlmWire.GeminiModels));
        await using var service = Start();
        await Emulator.WaitForRequestAsync(request => request.Wire is LlmWire.GeminiModels, Cancelled);

        await _clock.WaitForWaitsAsync(waits => waits.Contains(TimeSpan.FromMinutes(5)), Cancelled);
        Assert.True((await service.Client.ResolveModelAsync(new() { Model = "gemini-2.5-pro" }, cancellationToken: Cancelled)).Known);
        _clock.Advance(TimeSpan.FromMinutes(5));

        await Emulator.WaitForRequestAsync(request => request.Wire is LlmWire.GeminiModels && request.Number > 2, Cancelled);
    }

    [Fact]
    public async Task What_was_fetched_is_kept_on_disk_and_fetched_again_after_a_day()
    {
        Emulator.Script(LlmScript.Respond(200, """{"data":[{"id":"from/yesterday","name":"Kept","context_length":777}]}""").On(LlmWire.OpenRouterModels));
        await using (var first = Start())
        {
            await WaitForModelAsync(first, "from/yesterday");
            await _clock.WaitForWaitsAsync(waits => waits.Contains(TimeSpan.FromHours(24)), Cancelled);
        }

        Emulator.Reset();
        var waits = _clock.Waits.Count;
        await using var second = Start();

        Assert.Equal(777, (await WaitForModelAsync(second, "from/yesterday")).ContextWindow);
        await _clock.WaitForWaitsAsync(all => all.Skip(waits).Contains(TimeSpan.FromHours(24)), Cancelled);
        Assert.Empty(Emulator.Requests);
        _clock.Advance(TimeSpan.FromHours(24));
        await Emulator.WaitForRequestAsync(request => request.Wire is LlmWire.OpenRouterModels, Cancelled);
    }

    [Fact]
    public async Task A_damaged_file_is_passed_over_and_replaced()
    {
        await File.WriteAllTextAsync(_folder["models.json"], "{\"models\":[{]", Cancelled);
        await using var service = Start();

        await _clock.WaitForWaitsAsync(waits => waits.Contains(TimeSpan.FromHours(24)), Cancelled);

        Assert.Contains("openai/gpt-4o", await File.ReadAllTextAsync(_folder["models.json"], Cancelled), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_name_brings_near_ones()
    {
        await using var service = Start();

        var resolved = await service.Client.ResolveModelAsync(new() { Model = "openai/gtp-4o" }, cancellationToken: Cancelled);

        Assert.False(resolved.Known);
        Assert.Equal("openai/gpt-4o", resolved.Suggestions[0]);
        Assert.Equal(Catalogue.ConservativeContextWindow, resolved.Model.ContextWindow);
        Assert.Empty((await service.Client.ResolveModelAsync(new() { Model = "zzz/qqqqqqqqqqq" }, cancellationToken: Cancelled)).Suggestions);
    }

    private LlmServiceHost Start() => LlmServiceHost.Start(
        Emulator, _clock, ("llm:catalogueRefreshHours", "24"), ("llm:dataDirectory", _folder.FullPath));

    /// <summary>The model, once the catalogue knows it.</summary>
    private static async Task<Llm.V1.Model> WaitForModelAsync(LlmServiceHost service, string name)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        patience.CancelAfter(TimeSpan.FromSeconds(10));
        while (true)
        {
            var resolved = await service.Client.ResolveModelAsync(new() { Model = name }, cancellationToken: patience.Token);
            if (resolved.Known)
                return resolved.Model;
        }
    }

    private static async Task<bool> IsKnownAsync(LlmServiceHost service, string name) =>
        (await service.Client.ResolveModelAsync(new() { Model = name }, cancellationToken: Cancelled)).Known;
}
