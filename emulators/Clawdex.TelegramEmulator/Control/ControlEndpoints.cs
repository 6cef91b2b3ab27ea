using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Clawdex.Emulators;
using Clawdex.TelegramEmulator.BotApi;
using Clawdex.TelegramEmulator.Chats;
using Clawdex.TelegramEmulator.Faults;
using Clawdex.TelegramEmulator.Updates;
using Microsoft.Extensions.Options;

namespace Clawdex.TelegramEmulator.Control;

/// <summary>The control API under <c>/emulator/</c>: whatever users of Telegram could do, and faults. For tests and the page.</summary>
internal static class ControlEndpoints
{
    public static void MapControlApi(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/emulator").AddEndpointFilter(async (context, next) =>
        {
            if (!KnowsToken(context.HttpContext))
                return Results.Json(new("the request needs this start's token: open the address that was printed"), ControlJson.Default.ControlProblem, statusCode: 401);
            try
            {
                return await next(context);
            }
            catch (ControlRefusal refusal)
            {
                return Results.Json(new(refusal.Message), ControlJson.Default.ControlProblem, statusCode: refusal.IsMissing ? 404 : 400);
            }
        });
        MapChats(api);
        MapFaults(api);
        MapUpdates(api);
    }

    // A browser cannot send headers with a request for events.
    private static bool KnowsToken(HttpContext context) =>
        context.RequestServices.GetRequiredService<IOptions<TelegramEmulatorOptions>>().Value.PageToken is var token
        && (context.Request.Carries(token) || context.Request.Query["token"] is [{ } given] && OwnSiteOnly.AreEqual(given, token));

    private static void MapChats(RouteGroupBuilder api)
    {
        api.MapGet("/events", (HttpRequest request, EventStream events, CancellationToken stop) =>
            Results.ServerSentEvents(events.ReadAsync(request.Headers["Last-Event-ID"], stop)));
        api.MapGet("/overview", (ChatBook book) => Json(Locked(book, () => Overview(book)), ControlJson.Default.Overview));
        api.MapGet("/chats", (ChatBook book) => Json(Locked<IReadOnlyList<ChatInfo>>(book, () => [.. book.Chats.Select(chat => chat.Info)]), ControlJson.Default.IReadOnlyListChatInfo));
        api.MapPost("/chats", async (HttpRequest request, ChatSetup setup, CancellationToken stop) =>
            Json(setup.Create(await ReadAsync(request, ControlJson.Default.NewChat, stop)), ControlJson.Default.ChatInfo));
        api.MapGet("/chats/{id:long}", (long id, ChatBook book, UserSide users) =>
            Json(Locked(book, () => Snapshot(users.Find(id), book.Timeline)), ControlJson.Default.ChatSnapshot));
        api.MapGet("/chats/{id:long}/commands", (long id, ChatBook book, UserSide users, CommandMenu menu) =>
            Results.Json(menu.For(Locked(book, () => users.Find(id).Info)), BotApiJson.Default.IReadOnlyListApiBotCommand));
        api.MapGet("/chats/{id:long}/timeline", ReadTimelineAsync);
        api.MapPost("/chats/{id:long}/messages", async (long id, HttpRequest request, UserSide users, CancellationToken stop) =>
            Json(users.Send(id, await ReadAsync(request, ControlJson.Default.UserMessage, stop)), ControlJson.Default.EmulatedMessage));
        api.MapPost("/messages", async (HttpRequest request, UserSide users, CancellationToken stop) =>
        {
            foreach (var (id, text) in await ReadAsync(request, ControlJson.Default.IReadOnlyListChatText, stop))
                users.Send(id, new() { Text = text });
            return Results.NoContent();
        });
        api.MapPut("/chats/{id:long}/messages/{message:int}", async (long id, int message, HttpRequest request, UserSide users, CancellationToken stop) =>
            Json(users.Edit(id, message, await ReadAsync(request, ControlJson.Default.UserEdit, stop)), ControlJson.Default.EmulatedMessage));
        api.MapDelete("/chats/{id:long}/messages/{message:int}", (long id, int message, UserSide users) => Done(() => users.Delete(id, message)));
        api.MapPost("/chats/{id:long}/presses", async (long id, HttpRequest request, UserSide users, CancellationToken stop) =>
            Json(users.Press(id, await ReadAsync(request, ControlJson.Default.ButtonPress, stop)), ControlJson.Default.PressedButton));
        api.MapPut("/chats/{id:long}/access", async (long id, HttpRequest request, UserSide users, CancellationToken stop) =>
            Json(users.SetAccess(id, (await ReadAsync(request, ControlJson.Default.AccessChange, stop)).Access), ControlJson.Default.ChatInfo));
        api.MapPost("/chats/{id:long}/topics", async (long id, HttpRequest request, ChatSetup setup, CancellationToken stop) =>
            Json(setup.AddTopic(id, await ReadAsync(request, ControlJson.Default.NewTopic, stop)), ControlJson.Default.ForumTopic));
        api.MapDelete("/chats/{id:long}/topics/{topic:int}", (long id, int topic, ChatSetup setup) => Done(() => setup.RemoveTopic(id, topic)));
        api.MapPost("/chats/{id:long}/migration", (long id, ChatSetup setup) => Json(setup.Migrate(id), ControlJson.Default.ChatInfo));
    }

    private static void MapFaults(RouteGroupBuilder api)
    {
        api.MapGet("/faults", (FaultRules faults) => Json(faults.Active, ControlJson.Default.IReadOnlyListActiveFault));
        api.MapPost("/faults", async (HttpRequest request, FaultRules faults, CancellationToken stop) =>
        {
            var fault = await ReadAsync(request, ControlJson.Default.Fault, stop);
            return fault.Probability is > 0 and <= 1
                ? Json(faults.Add(fault), ControlJson.Default.ActiveFault)
                : throw new ControlRefusal("probability must be above 0 and at most 1");
        });
        api.MapDelete("/faults", (FaultRules faults) => Done(faults.Clear));
        api.MapDelete("/faults/{id:int}", (int id, FaultRules faults) => faults.Remove(id) ? Results.NoContent() : Results.NotFound());
        api.MapGet("/limits", (FloodControl flood) => Json(flood.Limits, ControlJson.Default.FloodLimits));
        api.MapPut("/limits", async (HttpRequest request, FloodControl flood, CancellationToken stop) =>
            Json(flood.Limits = await ReadAsync(request, ControlJson.Default.FloodLimits, stop), ControlJson.Default.FloodLimits));
    }

    private static void MapUpdates(RouteGroupBuilder api)
    {
        api.MapGet("/updates", (UpdateQueue updates) => Json(new UpdateCounters(updates.NextId, updates.Count), ControlJson.Default.UpdateCounters));
        api.MapPut("/updates", async (HttpRequest request, UpdateQueue updates, CancellationToken stop) =>
        {
            updates.NextId = (await ReadAsync(request, ControlJson.Default.UpdateCounters, stop)).NextId;
            return Results.NoContent();
        });
        api.MapPost("/updates", async (HttpRequest request, UpdateQueue updates, CancellationToken stop) =>
        {
            var content = await ReadAsync(request, ControlJson.Default.JsonElement, stop);
            var update = JsonObject.Create(content) ?? throw new ControlRefusal("an update is a JSON object");
            return Json(new UpdateId(updates.AddRaw(update)), ControlJson.Default.UpdateId);
        });
        api.MapPost("/updates/{id:int}/redelivery", (int id, UpdateQueue updates) => updates.Redeliver(id) ? Results.NoContent() : Results.NotFound());
        api.MapGet("/deliveries", (DeliveryLog deliveries) => Json(deliveries.Latest, ControlJson.Default.IReadOnlyListDelivery));
        api.MapGet("/poll", async (LongPoll poll, CancellationToken stop) =>
        {
            await poll.ArrivedAsync(stop);
            return Results.NoContent();
        });
        api.MapDelete("/poll", (LongPoll poll) => poll.Drop() ? Results.NoContent() : Results.NotFound());
    }

    /// <summary>Entries after a sequence number; with <c>wait</c> (seconds) not before there is one, or the time is over.</summary>
    private static async Task<IResult> ReadTimelineAsync(long id, long? after, int? wait, ChatBook book, UserSide users, CancellationToken stop)
    {
        Locked(book, () => users.Find(id));
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stop);
        deadline.CancelAfter(TimeSpan.FromSeconds(Math.Clamp(wait ?? 0, 0, 60)));
        while (true)
        {
            var (entries, sequence, changed) = book.Timeline.Read(id, after ?? 0);
            if (entries.Count > 0 || deadline.IsCancellationRequested || wait is null)
                return Json(new TimelinePage(entries, sequence), ControlJson.Default.TimelinePage);
            await changed.WaitAsync(deadline.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            stop.ThrowIfCancellationRequested();
        }
    }

    private static Overview Overview(ChatBook book) => new(
        new(book.Bot.Name, book.Bot.Username ?? ""),
        [.. book.Chats.Select(chat => new ChatSummary(chat.Info, chat.Messages.LastOrDefault(message => !message.IsDeleted)))]);

    private static ChatSnapshot Snapshot(Chat chat, Timeline timeline) =>
        new(chat.Info, [.. chat.Messages.Where(message => !message.IsDeleted)], timeline.Last);

    private static async Task<T> ReadAsync<T>(HttpRequest request, JsonTypeInfo<T> type, CancellationToken stop)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync(request.Body, type, stop) ?? throw new ControlRefusal("the request has no content");
        }
        catch (JsonException exception)
        {
            throw new ControlRefusal($"the request is not as expected: {exception.Message}");
        }
    }

    private static T Locked<T>(ChatBook book, Func<T> read)
    {
        lock (book.Gate)
            return read();
    }

    private static IResult Json<T>(T value, JsonTypeInfo<T> type) => Results.Json(value, type);

    private static IResult Done(Action action)
    {
        action();
        return Results.NoContent();
    }
}
