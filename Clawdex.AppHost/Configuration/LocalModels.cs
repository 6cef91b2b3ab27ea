using System.Text.Json;

namespace Clawdex.AppHost.Configuration;

/// <summary>Asks an OpenAI-compatible server on this machine, such as Ollama, which models it has.</summary>
internal static class LocalModels
{
    private const int OllamaPort = 11434;

    /// <summary>On this machine a server that is there answers at once.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Never through a proxy.</summary>
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience };

    /// <summary>Where Ollama listens on this machine; <c>OLLAMA_HOST</c> is its own setting and moves the port.</summary>
    public static Uri Ollama
    {
        get
        {
            var text = Environment.GetEnvironmentVariable("OLLAMA_HOST") ?? "";
            var moved = Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : $"http://{text}", UriKind.Absolute, out var address) && !address.IsDefaultPort;
            return new Uri($"http://localhost:{(moved && address is not null ? address.Port : OllamaPort)}/v1");
        }
    }

    /// <summary>The models to chat with, in the server's order; empty = there are none, or there is no such server.</summary>
    public static IReadOnlyList<string> At(Uri baseUrl)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{baseUrl.AbsoluteUri.TrimEnd('/')}/models");
            using var response = Http.Send(request);
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
        catch (Exception error) when (error is HttpRequestException or IOException or JsonException or TaskCanceledException)
        {
            return [];
        }
    }
}
