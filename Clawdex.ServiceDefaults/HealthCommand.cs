using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace Clawdex.ServiceDefaults;

/// <summary>
/// The command <c>health</c>: asks the service that runs beside it in the same container. An image without a shell has nothing
/// else to ask with.
/// </summary>
public static class HealthCommand
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    public static bool IsIn(string[] args) => args is ["health"];

    /// <returns>0 = healthy or degraded; 1 = it is not, or does not answer. What it said is printed.</returns>
    public static async Task<int> RunAsync(IConfiguration configuration)
    {
        using var http = LocalCalls.CreateClient();
        http.Timeout = Timeout;
        try
        {
            var port = BindingAddress.Parse(configuration["Kestrel:Endpoints:http:Url"] ?? "http://localhost:5000").Port;
            using var answer = await http.GetAsync(new Uri($"http://localhost:{port}{Extensions.HealthPath}"));
            await Console.Out.WriteLineAsync(await answer.Content.ReadAsStringAsync());
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or FormatException)
        {
            await Console.Error.WriteLineAsync(error.Message);
            return 1;
        }
    }
}
