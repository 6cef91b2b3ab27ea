using System.Net;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Clawdex.TelegramEmulator.Faults;

namespace Clawdex.TelegramEmulator.Control;

/// <summary>
/// The control API of a running emulator, in this process or another, as typed methods. A request that makes no sense throws an
/// <see cref="InvalidOperationException"/> that says why.
/// </summary>
/// <param name="page">The chat page's address as it is printed, with its token.</param>
public sealed class TelegramEmulatorControl(Uri page) : IDisposable
{
    private readonly HttpClient _http = new()
    {
        BaseAddress = new(page, "emulator/"),
        Timeout = Timeout.InfiniteTimeSpan,
        DefaultRequestHeaders = { Authorization = new("Bearer", ChatPage.TokenOf(page)) },
    };

    public void Dispose() => _http.Dispose();

    public async Task<EmulatedChat> CreateChatAsync(NewChat chat, CancellationToken cancellationToken) =>
        new(this, await PostAsync("chats", chat, ControlJson.Default.NewChat, ControlJson.Default.ChatInfo, cancellationToken));

    /// <summary>A chat of one user with the bot. The user has already started it, so the bot may write first.</summary>
    public Task<EmulatedChat> CreatePrivateChatAsync(string userName, CancellationToken cancellationToken) =>
        CreateChatAsync(new() { Kind = ChatKind.Private, Title = userName }, cancellationToken);

    public Task<EmulatedChat> CreateGroupAsync(string title, CancellationToken cancellationToken) =>
        CreateChatAsync(new() { Kind = ChatKind.Group, Title = title }, cancellationToken);

    public Task<EmulatedChat> CreateSupergroupAsync(string title, CancellationToken cancellationToken) =>
        CreateChatAsync(new() { Kind = ChatKind.Supergroup, Title = title }, cancellationToken);

    /// <summary>A supergroup with topics; their ids are in <see cref="EmulatedChat.Topics"/>.</summary>
    public Task<EmulatedChat> CreateForumAsync(string title, IReadOnlyList<string> topics, CancellationToken cancellationToken) =>
        CreateChatAsync(new() { Kind = ChatKind.Forum, Title = title, Topics = topics }, cancellationToken);

    public async Task<IReadOnlyList<EmulatedChat>> GetChatsAsync(CancellationToken cancellationToken) =>
        [.. (await GetAsync("chats", ControlJson.Default.IReadOnlyListChatInfo, cancellationToken)).Select(info => new EmulatedChat(this, info))];

    /// <summary>A chat that exists already.</summary>
    public async Task<EmulatedChat> GetChatAsync(long id, CancellationToken cancellationToken) =>
        new(this, (await GetAsync($"chats/{id}", ControlJson.Default.ChatSnapshot, cancellationToken)).Chat);

    /// <summary>Several users write, in this order, in one request.</summary>
    public Task SendTextsAsync(IReadOnlyList<ChatText> texts, CancellationToken cancellationToken) =>
        PostAsync("messages", texts, ControlJson.Default.IReadOnlyListChatText, cancellationToken);

    /// <summary>When the latest 1000 updates were handed to a poll, oldest first.</summary>
    public Task<IReadOnlyList<Delivery>> GetDeliveriesAsync(CancellationToken cancellationToken) =>
        GetAsync("deliveries", ControlJson.Default.IReadOnlyListDelivery, cancellationToken);

    /// <summary>What happens in all chats from now on. A null comes first: from then on nothing is missed.</summary>
    /// <exception cref="InvalidOperationException">The reader was too slow, and entries are lost.</exception>
    public async IAsyncEnumerable<TimelineEntry?> ReadEventsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await _http.GetAsync("events", HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await CheckAsync(response, cancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var hasBegun = false;
        var parser = SseParser.Create(body, static (type, data) =>
            type is "entry" ? JsonSerializer.Deserialize(data, ControlJson.Default.TimelineEntry) : null);
        await foreach (var item in parser.EnumerateAsync(cancellationToken))
        {
            if (item.EventType is "reset" && hasBegun)
                throw new InvalidOperationException("The emulator's events came faster than they were read");
            hasBegun |= item.EventType is "reset";
            if (item.EventType is "entry" or "reset")
                yield return item.Data;
        }
    }

    /// <summary>From now on something goes wrong; see <see cref="Fault"/>.</summary>
    public Task<ActiveFault> AddFaultAsync(Fault fault, CancellationToken cancellationToken) =>
        PostAsync("faults", fault, ControlJson.Default.Fault, ControlJson.Default.ActiveFault, cancellationToken);

    /// <summary>The faults in force; one that is used up is gone.</summary>
    public Task<IReadOnlyList<ActiveFault>> GetFaultsAsync(CancellationToken cancellationToken) =>
        GetAsync("faults", ControlJson.Default.IReadOnlyListActiveFault, cancellationToken);

    public Task RemoveFaultAsync(int id, CancellationToken cancellationToken) => DeleteAsync($"faults/{id}", cancellationToken);

    public Task ClearFaultsAsync(CancellationToken cancellationToken) => DeleteAsync("faults", cancellationToken);

    /// <summary>Switches flood control on or off and forgets what was spent.</summary>
    public Task SetLimitsAsync(FloodLimits limits, CancellationToken cancellationToken) =>
        PutAsync("limits", limits, ControlJson.Default.FloodLimits, cancellationToken);

    /// <summary>Where update ids stand, and how many updates are not confirmed.</summary>
    public Task<UpdateCounters> GetUpdatesAsync(CancellationToken cancellationToken) =>
        GetAsync("updates", ControlJson.Default.UpdateCounters, cancellationToken);

    /// <summary>Numbers the following updates from here, lower ids included, as after an idle week.</summary>
    public Task SetNextUpdateIdAsync(int nextId, CancellationToken cancellationToken) =>
        PutAsync("updates", new(nextId, 0), ControlJson.Default.UpdateCounters, cancellationToken);

    /// <summary>Queues an update of any content; only its <c>update_id</c> is set.</summary>
    /// <returns>The id.</returns>
    public async Task<int> InjectUpdateAsync(string json, CancellationToken cancellationToken)
    {
        using var content = JsonDocument.Parse(json);
        var update = await PostAsync("updates", content.RootElement, ControlJson.Default.JsonElement, ControlJson.Default.UpdateId, cancellationToken);
        return update.Id;
    }

    /// <summary>An update that no client can read: its message is no object.</summary>
    public Task<int> InjectMalformedUpdateAsync(CancellationToken cancellationToken) =>
        InjectUpdateAsync("""{"message":"not an object"}""", cancellationToken);

    /// <summary>An update of a kind that no client knows yet.</summary>
    public Task<int> InjectUnknownUpdateAsync(CancellationToken cancellationToken) =>
        InjectUpdateAsync("""{"telepathy":{"thought":"none"}}""", cancellationToken);

    /// <summary>Delivers a known update once more, even if it was confirmed.</summary>
    public Task RedeliverAsync(int updateId, CancellationToken cancellationToken) =>
        PostAsync($"updates/{updateId}/redelivery", cancellationToken);

    /// <summary>Until the bot waits in getUpdates, which is when it has taken all that was there.</summary>
    /// <exception cref="TimeoutException"/>
    public async Task WaitForPollAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var response = await _http.GetAsync("poll", cancellationToken).WaitAsync(timeout, cancellationToken);
        await CheckAsync(response, cancellationToken);
    }

    /// <summary>Breaks the connection of the poll that waits now.</summary>
    public Task DropPollAsync(CancellationToken cancellationToken) => DeleteAsync("poll", cancellationToken);

    internal async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken stop)
    {
        using var response = await _http.GetAsync(path, stop);
        return await ReadAsync(response, type, stop);
    }

    internal async Task<TResult> PostAsync<T, TResult>(string path, T value, JsonTypeInfo<T> type, JsonTypeInfo<TResult> result, CancellationToken stop)
    {
        using var response = await _http.PostAsJsonAsync(path, value, type, stop);
        return await ReadAsync(response, result, stop);
    }

    internal async Task PostAsync<T>(string path, T value, JsonTypeInfo<T> type, CancellationToken stop)
    {
        using var response = await _http.PostAsJsonAsync(path, value, type, stop);
        await CheckAsync(response, stop);
    }

    internal async Task PostAsync(string path, CancellationToken stop)
    {
        using var response = await _http.PostAsync(path, null, stop);
        await CheckAsync(response, stop);
    }

    internal async Task<TResult> PostAsync<TResult>(string path, JsonTypeInfo<TResult> result, CancellationToken stop)
    {
        using var response = await _http.PostAsync(path, null, stop);
        return await ReadAsync(response, result, stop);
    }

    internal async Task PutAsync<T>(string path, T value, JsonTypeInfo<T> type, CancellationToken stop)
    {
        using var response = await _http.PutAsJsonAsync(path, value, type, stop);
        await CheckAsync(response, stop);
    }

    internal async Task DeleteAsync(string path, CancellationToken stop)
    {
        using var response = await _http.DeleteAsync(path, stop);
        await CheckAsync(response, stop);
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken stop)
    {
        await CheckAsync(response, stop);
        return await response.Content.ReadFromJsonAsync(type, stop) ?? throw new InvalidOperationException("The emulator answered nothing");
    }

    private static async Task CheckAsync(HttpResponseMessage response, CancellationToken stop)
    {
        if (response.IsSuccessStatusCode)
            return;
        var problem = response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.Unauthorized && response.Content.Headers.ContentLength is not 0
            ? await response.Content.ReadAsStringAsync(stop)
            : "";
        throw new InvalidOperationException($"The emulator refused: {(int)response.StatusCode} {problem}");
    }
}
