using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Clawdex.LlmService.Providers;

/// <summary>Writes the bodies of requests without reflection, whose first use takes time.</summary>
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class ProviderJson : JsonSerializerContext;
