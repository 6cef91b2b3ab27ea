using System.Text;

namespace Clawdex.LlmService.Tests.Providers;

/// <summary>Streams as servers send them, put together and then damaged.</summary>
internal static class DamagedStreams
{
    private static readonly string[] Originals =
    [
        "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Grüße 🌍\"}],\"role\":\"model\"},\"index\":0}],\"modelVersion\":\"m\"}\r\n\r\n"
            + "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"end\",\"thought\":false},{\"inlineData\":{\"data\":\"QUJD\"}}]},\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":3}}\r\n\r\n",
        ": OPENROUTER PROCESSING\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi \\ud83d\\ude00\"},\"finish_reason\":null}],\"model\":\"m\"}\n\n"
            + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"<think>hm\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":[{\"type\":\"text\",\"text\":\"</think>\\n\\nÄ\"}]},\"finish_reason\":\"stop\"}]}\n\n",
        "event: error\ndata: {\"error\":{\"code\":503,\"message\":\"overloaded\",\"status\":\"UNAVAILABLE\",\"details\":[{\"retryDelay\":\"3s\"}]}}\n\n",
        "error: {\"code\":400,\"message\":\"wörds\",\"type\":\"invalid_request_error\"}\r\r",
        "{\n  \"error\": {\n    \"code\": 429,\n    \"message\": \"limit: 0\",\n    \"metadata\": {\"raw\": \"{\\\"error\\\":1}\"}\n  }\n}\n",
        "{\"choices\":[{\"message\":{\"content\":\"whole\"},\"finish_reason\":\"stop\"}]}",
        "<!DOCTYPE html><title>No</title>\n",
        "Internal error, sorry\n",
    ];

    public static byte[] Draw(Random random)
    {
        var bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => Originals[random.Next(Originals.Length)]))).ToList();
        for (var i = random.Next(0, 8); i > 0 && bytes.Count > 1; i--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 30), bytes.Count - at));
                    break;
                case 2:
                    bytes.Insert(at, (byte)"\r\n\"{}[]:,\\\0 "[random.Next(12)]);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 60), bytes.Count - at)));
                    break;
                default:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }

        return [.. bytes];
    }
}
