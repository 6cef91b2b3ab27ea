using System.Text.Json;
using Clawdex.ServiceDefaults;

namespace Clawdex.AppHost.Configuration;

/// <summary>Asks an OpenAI-compatible server on this machine, such as Ollama, which models it has.</summary>
internal static class LocalModels
{
    private const int OllamaPort = 11434;

    /// <summary>For a server that was named. One that is only looked for must not hold up the start: Windows asks a closed port for 2 s.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Glance = TimeSpan.FromSeconds(1);

    private static readonly HttpClient Http = LocalCalls.CreateClient();

    /// <summary>Where Ollama listens on this machine; <c>OLLAMA_HOST</c> is its own setting and moves the port.</summary>
    public static Uri Ollama
    {
        get
        {
            var text = Environment.GetEnvironmentVariable("OLLAMA_HOST") ?? "";
            var port = Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : $"http://{text}", UriKind.Absolute, out var address) && !address.IsDefaultPort ? address.Port : OllamaPort;
            return new Uri($"http://localhost:{port}/v1");
        }
    }

    public static IReadOnlyList<string> OfOllama() => Ask(Ollama, Glance);

    /// <summary>The models to chat with, in the server's order; empty = there are none, or there is no such server.</summary>
    public static IReadOnlyList<string> At(Uri baseUrl) => Ask(baseUrl, Patience);

    private static IReadOnlyList<string> Ask(Uri baseUrl, TimeSpan patience)
    {
        try
        {
            using var timeout = new CancellationTokenSource(patience, TimeProvider.System);
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{baseUrl.AbsoluteUri.TrimEnd('/')}/models");
            using var response = Http.Send(request, timeout.Token);
            using var body = response.Content.ReadAsStream();
            using var list = JsonDocument.Parse(body);
            var models = list.RootElement.ValueKind is JsonValueKind.Object && list.RootElement.TryGetProperty("data", out var data) ? data : list.RootElement;
            return models.ValueKind is not JsonValueKind.Array ? [] :
            [
                .. from model in models.EnumerateArray()
                   where model.ValueKind is JsonValueKind.Object
                   let id = model.TryGetProperty("id", out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null
                   // They turn text into numbers and cannot chat.
                   where id is { Length: > 0 } && !id.Contains("embed", StringComparison.OrdinalIgnoreCase)
                   select id,
            ];
        }
        catch (Exception error) when (error is HttpRequestException or IOException or JsonException or OperationCanceledException)
        {
            return [];
        }
    }
}
