using System.Text.Json.Serialization;

namespace Clawdex.SessionService.Storage;

/// <summary>JSON of columns that hold a list, in the form that Entity Framework reads.</summary>
[JsonSerializable(typeof(long[]))]
internal sealed partial class ColumnJson : JsonSerializerContext;
