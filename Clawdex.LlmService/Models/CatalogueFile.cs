using System.Text.Json;
using Clawdex.LlmService.Providers;
using Clawdex.ServiceDefaults.Settings;
using Microsoft.Extensions.Options;

namespace Clawdex.LlmService.Models;

/// <summary>Keeps the fetched catalogue between runs, in <c>models.json</c> below <c>llm:dataDirectory</c>; without that, nowhere.</summary>
internal sealed class CatalogueFile(IOptions<LlmOptions> options, ILogger<CatalogueFile> logger)
{
    private string? FilePath => string.IsNullOrWhiteSpace(options.Value.DataDirectory)
        ? null
        : Path.Combine(UserPath.Expand(options.Value.DataDirectory), "models.json");

    /// <summary>Null when there is no file, or none that can be read: the next refresh writes a new one.</summary>
    public async Task<CatalogueSnapshot?> ReadAsync(CancellationToken cancellationToken)
    {
        if (FilePath is not { } path || !File.Exists(path))
            return null;
        try
        {
            await using var file = File.OpenRead(path);
            return await JsonSerializer.DeserializeAsync(file, CatalogueJson.Default.CatalogueSnapshot, cancellationToken) is { Models: not null } snapshot
                ? snapshot
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            logger.CatalogueFileUnusable(path, exception.Message);
            return null;
        }
    }

    /// <summary>Whole or not at all: a crash leaves the file of before.</summary>
    public async Task WriteAsync(CatalogueSnapshot snapshot, CancellationToken cancellationToken)
    {
        if (FilePath is not { } path || Path.GetDirectoryName(path) is not { } folder)
            return;
        try
        {
            Directory.CreateDirectory(folder);
            var unfinished = $"{path}.{Guid.NewGuid():N}.tmp";
            await using (var file = File.Create(unfinished))
                await JsonSerializer.SerializeAsync(file, snapshot, CatalogueJson.Default.CatalogueSnapshot, cancellationToken);
            File.Move(unfinished, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            logger.CatalogueFileUnusable(path, exception.Message);
        }
    }
}
