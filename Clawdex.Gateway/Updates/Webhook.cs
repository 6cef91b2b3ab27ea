using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Clawdex.Gateway.Telegram;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Options;
using Telegram.Bot;
using Telegram.Bot.Requests;

namespace Clawdex.Gateway.Updates;

/// <summary>
/// Updates delivered by Telegram instead of polled. A delivery is answered with 200 only after the update was taken in, so
/// that Telegram repeats it otherwise; it knows us by a secret that only the two of us share. They come in by the Kestrel endpoint
/// <c>webhook</c>, the only one that may be public: it exists in webhook mode, and answers 404 to everything else.
/// </summary>
internal sealed class Webhook(
    ITelegramBotClient bot,
    BotConnection connection,
    LeasedIntake leased,
    UpdateIntake intake,
    IOptions<TelegramOptions> options,
    TimeProvider time,
    ILogger<Webhook> logger) : BackgroundService
{
    private const string SecretHeader = "X-Telegram-Bot-Api-Secret-Token";

    private const string UrlKey = "Kestrel:Endpoints:webhook:Url";

    /// <summary>Beside the fixed ports that the services have when each is started alone.</summary>
    private const string DefaultUrl = "http://localhost:5101";

    /// <summary>Bytes; a text message is far smaller.</summary>
    private const int LargestUpdate = 1024 * 1024;

    /// <summary>How often Telegram is asked whether it still delivers here; up to half as much is added, so that gateways do not ask in step.</summary>
    private static readonly TimeSpan CheckEvery = TimeSpan.FromMinutes(1);

    private readonly string _secret = string.IsNullOrWhiteSpace(options.Value.WebhookSecret)
        ? Convert.ToHexString(options.Value.KeyFor("clawdex webhook"))
        : options.Value.WebhookSecret;

    // While this gateway answers; cancelled when it no longer does.
    private volatile StrongBox<CancellationToken>? _held;

    public static void AddEndpoint(WebApplicationBuilder builder)
    {
        if (string.IsNullOrWhiteSpace(builder.Configuration[$"{TelegramOptions.Section}:webhookUrl"]))
            return;
        builder.Configuration[UrlKey] ??= DefaultUrl;
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigurationLoader?.Endpoint("webhook", endpoint =>
            endpoint.ListenOptions.Use(next => incoming =>
            {
                incoming.Items[typeof(Webhook)] = true;
                return next(incoming);
            })));
    }

    /// <summary>
    /// Telegram repeats the delivery, perhaps to another gateway. It is told when: by itself it waits longer each time, up to two
    /// minutes.
    /// </summary>
    private static IResult Again(HttpRequest request)
    {
        request.HttpContext.Response.Headers.RetryAfter = "1";
        return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
    }

    /// <summary>
    /// Takes deliveries at the path of <c>channels:telegram:webhookUrl</c>, if it is set, and hides everything else from who comes in by
    /// the endpoint. Call it before anything else is mapped.
    /// </summary>
    public void MapTo(WebApplication app)
    {
        app.Use(async (context, next) =>
        {
            var (isFromOutside, isDelivery) = (IsFromOutside(context), context.GetEndpoint()?.Metadata.GetMetadata<Webhook>() is not null);
            if (isFromOutside && !isDelivery)
                context.SetEndpoint(null);
            if (isFromOutside || isDelivery)
                LeaveNoTrace();
            await next(context);
        });
        if (!options.Value.UsesWebhook || !Uri.TryCreate(options.Value.WebhookUrl, UriKind.Absolute, out var url))
            return;
        // Decoded, as the server decodes a request's; a brace is a letter here, and no parameter.
        var path = (PathString.FromUriComponent(url).Value ?? "").Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);
        app.MapPost(path, ReceiveAsync)
            .WithMetadata(this)
            // Whoever keeps the path secret does not want it as a metric's attribute.
            .DisableHttpMetrics();
    }

    /// <summary>Whoever is behind it is not known yet, and may be anybody: an update that is taken in begins a trace of its own, as a polled one does.</summary>
    private static void LeaveNoTrace()
    {
        if (Activity.Current is not { } request)
            return;
        request.IsAllDataRequested = false;
        request.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        Activity.Current = null;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await leased.RunAsync(ServeAsync, stoppingToken);
        }
        catch (OperationCanceledException)
        {
            // Shutting down, or the bot is unknown.
        }
    }

    public async Task<IResult> ReceiveAsync(HttpRequest request)
    {
        if (!IsFromTelegram(request.Headers[SecretHeader].ToString()))
            return Results.Unauthorized();
        if (_held is not { Value: var held })
            return Again(request);

        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(request.HttpContext.RequestAborted, held);
            if (request.ContentLength > LargestUpdate || await ReadAsync(request.Body, either.Token) is not { } body)
                return Results.StatusCode(StatusCodes.Status413PayloadTooLarge);
            using var update = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = BotApiClient.DeepestUpdate });
            var identity = await connection.CurrentAsync(either.Token);
            // What has begun is finished, whether or not Telegram still waits: else it would deliver it to another gateway, which
            // could not know that this one has stored it and answers.
            return (await intake.HandleAsync([update.RootElement], identity, held)).Count == 0 ? Results.Ok() : Again(request);
        }
        catch (OperationCanceledException) when (held.IsCancellationRequested)
        {
            // Telegram delivers it again, to whoever answers then.
            return Again(request);
        }
        catch (JsonException)
        {
            return Results.BadRequest();
        }
    }

    /// <summary>A body, whether or not its length was announced: proxies send it in chunks. Null = larger than any update.</summary>
    private static async Task<ReadOnlyMemory<byte>?> ReadAsync(Stream body, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>();
        while (await body.ReadAsync(buffer.GetMemory(), cancellationToken) is > 0 and var count)
        {
            buffer.Advance(count);
            if (buffer.WrittenCount > LargestUpdate)
                return null;
        }

        return buffer.WrittenMemory;
    }

    private async Task ServeAsync(CancellationToken held)
    {
        _held = new StrongBox<CancellationToken>(held);
        try
        {
            while (true)
            {
                await RegisterAsync(held);
                do
                    await Task.Delay(CheckEvery * (1 + (Random.Shared.NextDouble() / 2)), time, held);
                while (await IsRegisteredAsync(held));
            }
        }
        finally
        {
            _held = null;
        }
    }

    /// <summary>Whether Telegram still delivers here: whoever has the token can send updates elsewhere, and nothing tells so.</summary>
    private async Task<bool> IsRegisteredAsync(CancellationToken cancellationToken)
    {
        try
        {
            var info = await connection.CallAsync(cancel => bot.GetWebhookInfo(cancel), cancellationToken);
            if (Uri.TryCreate(info.Url, UriKind.Absolute, out var registered) && registered == new Uri(options.Value.WebhookUrl ?? "")
                && UpdateReader.Kinds.All(kind => info.AllowedUpdates?.Contains(kind) is not false))
                return true;
            logger.WebhookChanged();
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            // To register again finds out what is wrong, and waits until it is not.
            logger.MinorCallFailed(BotApiFailure.Of(error).Kind);
        }

        return false;
    }

    /// <summary>Sets the webhook: at each start, because nobody can see whether Telegram knows the present secret. What is set already changes nothing.</summary>
    private async Task RegisterAsync(CancellationToken cancellationToken)
    {
        var pauses = new Backoff(time);
        while (await TryRegisterAsync(cancellationToken) is { } failure)
        {
            // Once a second is all that Telegram takes: another gateway, which has the same secret, was just before this one.
            if (failure.Kind is BotApiFailureKind.TooManyRequests && await IsRegisteredAsync(cancellationToken))
                break;
            await pauses.WaitAsync(failure, cancellationToken);
        }

        connection.Succeeded();
        logger.WebhookRegistered();
    }

    /// <returns>What went wrong; null = nothing.</returns>
    private async Task<BotApiFailure?> TryRegisterAsync(CancellationToken cancellationToken)
    {
        try
        {
            var request = new SetWebhookRequest { Url = options.Value.WebhookUrl ?? "", AllowedUpdates = UpdateReader.Kinds, SecretToken = _secret };
            await connection.CallAsync(cancel => bot.SendRequest(request, cancel), cancellationToken);
            return null;
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            return BotApiFailure.Of(error) is { Kind: BotApiFailureKind.TooManyRequests } busy ? busy : await connection.FailedAsync(error, cancellationToken);
        }
    }

    private static bool IsFromOutside(HttpContext context) =>
        context.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(typeof(Webhook)) == true;

    // In constant time: how long the comparison takes must not tell how much of a guess is right.
    private bool IsFromTelegram(string secret) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(_secret));
}
