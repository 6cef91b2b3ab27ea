using System.Text.Json;
using Clawdex.LlmService.Providers;
using Clawdex.LlmService.Providers.Http;
using Clawdex.ServiceDefaults.Files;
using Clawdex.ServiceDefaults.Settings;
using Microsoft.Extensions.Options;

namespace Clawdex.LlmService.Models;

/// <summary>
/// Brings the catalogue up to date in the background, once a day, and keeps it between runs in <c>models.json</c> below
/// <c>llm:dataDirectory</c>; without that, nowhere. Nothing waits for it: not the start, not a reply, not health.
/// </summary>
internal sealed class CatalogueRefresh(
    IEnumerable<IChatProvider> providers,
    Catalogue catalogue,
    ProviderHttp http,
    IOptions<LlmOptions> options,
    TimeProvider timeProvider,
    ILogger<CatalogueRefresh> logger) : BackgroundService
{
    private const int MaxPages = 20;
    private const int MaxPageBytes = 8 * 1024 * 1024;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, IReadOnlyList<ModelInfo>> _fetched = [];
    private DateTimeOffset? _fetchedAt;

    private string? FilePath => string.IsNullOrWhiteSpace(options.Value.DataDirectory)
        ? null
        : Path.Combine(UserPath.Expand(options.Value.DataDirectory), "models.json");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var interval = TimeSpan.FromHours(options.Value.CatalogueRefreshHours);
        if (interval == TimeSpan.Zero)
            return;

        await LoadAsync(stoppingToken);
        var pause = FirstPause;
        while (true)
        {
            var due = (_fetchedAt ?? DateTimeOffset.MinValue.AddDays(1)) + interval - timeProvider.GetUtcNow();
            if (due > TimeSpan.Zero)
                await Task.Delay(Least(due, interval), timeProvider, stoppingToken);

            if (await RefreshAsync(stoppingToken))
            {
                pause = FirstPause;
                continue;
            }

            await Task.Delay(pause, timeProvider, stoppingToken);
            pause = Least(pause * 2, interval);
        }
    }

    private static TimeSpan Least(TimeSpan left, TimeSpan right) => left < right ? left : right;

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        if (await ReadFileAsync(cancellationToken) is not { } snapshot)
            return;
        foreach (var models in snapshot.Models.GroupBy(model => model.Provider))
            _fetched[models.Key] = [.. models];
        catalogue.Replace(snapshot.Models);
        // A provider that was configured since then is asked at once.
        if (providers.Where(provider => provider.IsConfigured).All(provider => _fetched.ContainsKey(provider.Name)))
            _fetchedAt = snapshot.FetchedAt;
    }

    /// <summary>Whether every configured provider answered; what the others listed last stays.</summary>
    private async Task<bool> RefreshAsync(CancellationToken cancellationToken)
    {
        var complete = true;
        foreach (var provider in providers.Where(provider => provider.IsConfigured))
        {
            var (models, failure) = await FetchAsync(provider, cancellationToken);
            if (failure is null)
                _fetched[provider.Name] = models;
            else
                logger.CatalogueNotRefreshed(provider.Name, failure.ToString());
            complete &= failure is null;
        }

        var all = _fetched.Values.SelectMany(models => models).ToList();
        catalogue.Replace(all);
        if (!complete)
            return false;

        _fetchedAt = timeProvider.GetUtcNow();
        await WriteFileAsync(new CatalogueSnapshot(_fetchedAt, all), cancellationToken);
        return true;
    }

    private async Task<(IReadOnlyList<ModelInfo> Models, ProviderFailure? Failure)> FetchAsync(
        IChatProvider provider, CancellationToken cancellationToken)
    {
        var models = new List<ModelInfo>();
        string? next = null;
        for (var page = 0; page < MaxPages; page++)
        {
            using var idle = http.CreateTimer(cancellationToken);
            var sent = await http.SendAsync(provider, provider.CreateModelsRequest(next), idle);
            if (!sent.IsAnswered)
                return (models, sent.Failure);

            using var response = sent.Response;
            var body = TolerantJson.Parse(await ProviderHttp.ReadTextAsync(response, MaxPageBytes, idle));
            if (body.ValueKind is JsonValueKind.Undefined)
                return (models, new ProviderFailure(FailureKind.Unreadable));
            var (read, following) = provider.ReadModels(body);
            models.AddRange(read);
            if (following is null || following == next)
                return (models, models.Count > 0 ? null : new ProviderFailure(FailureKind.Unreadable));
            next = following;
        }

        return (models, null);
    }

    /// <summary>Null when there is no file, or none that can be read: the next refresh writes a new one.</summary>
    private async Task<CatalogueSnapshot?> ReadFileAsync(CancellationToken cancellationToken)
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
    private async Task WriteFileAsync(CatalogueSnapshot snapshot, CancellationToken cancellationToken)
    {
        if (FilePath is not { } path || Path.GetDirectoryName(path) is not { } folder)
            return;
        try
        {
            OwnerOnly.CreateDirectory(folder);
            var unfinished = $"{path}.{Guid.NewGuid():N}.tmp";
            await using (var file = OwnerOnly.Open(unfinished, FileMode.CreateNew))
                await JsonSerializer.SerializeAsync(file, snapshot, CatalogueJson.Default.CatalogueSnapshot, cancellationToken);
            File.Move(unfinished, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            logger.CatalogueFileUnusable(path, exception.Message);
        }
    }
}
