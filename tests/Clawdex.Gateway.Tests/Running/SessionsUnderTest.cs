using System.Globalization;
using System.Text.Json;
using Clawdex.Sessions.V1;
using Clawdex.Testing;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Data.Sqlite;
using SessionsProto = Clawdex.Sessions.V1.Sessions;

namespace Clawdex.Gateway.Tests.Running;

/// <summary>
/// The real session service in this process, with a database in a temporary folder. What it stores is looked up in that file,
/// what an earlier gateway left behind is put there by calls, and calls go wrong as a test says.
/// </summary>
internal sealed class SessionsUnderTest : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SessionFaults _faults = new();
    private readonly GrpcChannel _channel;
    private readonly SessionsProto.SessionsClient _client;
    private SessionHost _host;

    public SessionsUnderTest()
    {
        _faults.ChatOf = turnId => TurnsWhere("turns.id = $1", turnId).Select(turn => turn.Session.ChatId).SingleOrDefault();
        _host = new SessionHost(DatabasePath, $"http://{LoopbackAddress.Next()}:0", _faults);
        Address = _host.Address;
        _channel = GrpcChannel.ForAddress(Address);
        _client = new SessionsProto.SessionsClient(_channel);
    }

    public string Address { get; }

    /// <summary>Answers every call with this instead; null = works.</summary>
    public Status? Outage
    {
        get => _faults.Outage;
        set => _faults.Outage = value;
    }

    /// <summary>Runs before each call but the one for the lease, with the method's name.</summary>
    public Func<string, Task>? Before
    {
        get => _faults.Before;
        set => _faults.Before = value;
    }

    /// <summary>As if services shared the store: how a gateway that says it lives is answered, by its name.</summary>
    public Func<string, KeepAliveResponse> Life
    {
        set => _faults.Life = value;
    }

    /// <summary>Takes the calls for the lease and says nothing.</summary>
    public bool WithholdsLease
    {
        get => _faults.WithholdsLease;
        set => _faults.WithholdsLease = value;
    }

    /// <summary>What the calls for a chat's turns pass through.</summary>
    public BreakingNetwork? Network
    {
        get => _faults.Network;
        set => _faults.Network = value;
    }

    /// <summary>All but those that only remember a command.</summary>
    public IReadOnlyList<Turn> Turns => TurnsWhere("NOT (state = 'delivered' AND answered_at IS NULL) AND $1 = 1", 1);

    /// <summary>How many may use the bot as far as it is stored.</summary>
    public long PeopleCount => Query("SELECT count(*) FROM people", row => row.GetInt64(0)).Single();

    /// <summary>As if nobody had ever been let in.</summary>
    public void RemoveEverybody() => Query("DELETE FROM people", _ => 0);

    private string DatabasePath => _directory["clawdex.db"];

    public IReadOnlyList<Turn> TurnsOf(long chatId) =>
        [.. Turns.Where(turn => turn.Session.ChatId == chatId.ToString(CultureInfo.InvariantCulture))];

    /// <summary>The stable reason of a turn that failed.</summary>
    public string? ErrorOf(long turnId) =>
        Query("SELECT error FROM turns WHERE id = $1", row => row.IsDBNull(0) ? null : row.GetString(0), turnId).SingleOrDefault();

    /// <summary>What a turn was completed with.</summary>
    public AnswerCost CostOf(long turnId) => _faults.Costs[turnId];

    /// <summary>Tokens that somebody was charged today, reserved ones included.</summary>
    public long UsedBy(long userId) => _client.GetUsage(new GetUsageRequest { UserId = userId }).Usage.UserTokens;

    /// <summary>The history as "role: text".</summary>
    public IReadOnlyList<string> HistoryOf(string sessionKey) => Query(
        "SELECT role, content FROM messages WHERE session_id = (SELECT id FROM sessions WHERE session_key = $1) ORDER BY id",
        row => $"{row.GetString(0)}: {row.GetString(1)}",
        sessionKey);

    /// <summary>A turn that an earlier gateway left behind. Answers its id.</summary>
    public long Leave(string sessionKey, string text, TurnState state, DateTimeOffset acceptedAt, params int[] replyMessageIds)
    {
        var place = sessionKey.Split(':', 2);
        var session = new SessionId { SessionKey = sessionKey, Channel = place[0], ChatId = place[1] };
        var turnId = _client.AcceptMessage(new AcceptMessageRequest { Session = session, SourceId = $"left-{text}", Text = text, OriginMessageId = 1 }).Turn.TurnId;
        if (state is TurnState.Streaming)
            _client.UpdateDelivery(new UpdateDeliveryRequest { TurnId = turnId, ReplyMessageIds = { replyMessageIds.Select(id => (long)id) } });
        Query("UPDATE turns SET accepted_at = $2 WHERE id = $1", _ => 0, turnId, acceptedAt.ToUnixTimeMilliseconds());
        return turnId;
    }

    /// <summary>As if a call of this gateway's had been finished after it was given up: the message is stored, and its turn that gateway's.</summary>
    public void AcceptFor(string gateway, string sessionKey, string text)
    {
        var place = sessionKey.Split(':', 2);
        var session = new SessionId { SessionKey = sessionKey, Channel = place[0], ChatId = place[1] };
        _client.AcceptMessage(
            new AcceptMessageRequest { Session = session, SourceId = $"left-{text}", Text = text, OriginMessageId = 1 }, new Metadata { { "clawdex-holder", gateway } });
    }

    /// <summary>As if another gateway answered beside this one.</summary>
    public void Live(string gateway) => Query("INSERT INTO gateways (id, instance, joined_at, steady_since, lives_until, dead) VALUES ($1, $1, 0, 0, 0, 0)", _ => 0, gateway);

    /// <summary>As if a gateway that has ended since had taken it in, when this one had looked already.</summary>
    public void LeaveLate(long turnId) => Query("UPDATE turns SET owner = 'ended' WHERE id = $1", _ => 0, turnId);

    /// <summary>The model's answer to a turn that was left behind, not shown yet.</summary>
    public void Answer(long turnId, string text, FinishReason reason = FinishReason.Stop, string detail = "") =>
        _client.CompleteTurn(new CompleteTurnRequest { TurnId = turnId, Text = text, FinishReason = reason, Detail = detail });

    /// <summary>As if no turn had had the time to record what it was about to send.</summary>
    public void ForgetMessages() => Query("UPDATE turns SET reply_message_ids = '[0]'", _ => 0);

    /// <summary>The connection of the gateway that holds the lease breaks: the one that waits gets it, and the former holder finds out when it comes back.</summary>
    public Task StealLeaseAsync() => _faults.BreakLeaseAsync();

    public Task KillAsync() => _host.KillAsync();

    /// <summary>After it was killed, on the same database and port.</summary>
    public void Start() => _host = new SessionHost(DatabasePath, Address, _faults);

    /// <summary>After it was killed: on a copy of the database as it was when it was empty.</summary>
    public void StartRestored()
    {
        SqliteConnection.ClearAllPools();
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(DatabasePath) ?? "", "clawdex.db*"))
            File.Delete(file);
        Start();
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await KillAsync();
        _directory.Dispose();
    }

    private List<Turn> TurnsWhere(string condition, object value) => Query(
        $"""
        SELECT turns.id, session_key, channel, chat_id, state, origin_message_id, reply_message_ids, finish_reason, trace_parent, detail,
            coalesce((SELECT content FROM messages WHERE messages.id = 2 * turns.id), detached_user_text),
            coalesce((SELECT content FROM messages WHERE messages.id = 2 * turns.id + 1), detached_answer_text)
        FROM turns JOIN sessions ON sessions.id = session_id WHERE {condition} ORDER BY turns.id
        """,
        row => new Turn
        {
            TurnId = row.GetInt64(0),
            Session = new SessionId { SessionKey = row.GetString(1), Channel = row.GetString(2), ChatId = row.GetString(3) },
            State = Enum.Parse<TurnState>(row.GetString(4), ignoreCase: true),
            OriginMessageId = row.GetInt64(5),
            ReplyMessageIds = { JsonSerializer.Deserialize<long[]>(row.GetString(6)) },
            FinishReason = Enum.TryParse<FinishReason>(row.GetString(7).Replace("_", "", StringComparison.Ordinal), ignoreCase: true, out var reason) ? reason : FinishReason.Unspecified,
            TraceParent = row.IsDBNull(8) ? "" : row.GetString(8),
            Detail = row.IsDBNull(9) ? "" : row.GetString(9),
            UserText = row.IsDBNull(10) ? "" : row.GetString(10),
            AnswerText = row.IsDBNull(11) ? "" : row.GetString(11),
        },
        value);

    private List<T> Query<T>(string sql, Func<SqliteDataReader, T> read, params object[] values)
    {
        using var connection = new SqliteConnection($"Data Source={DatabasePath};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (index, value) in values.Index())
            command.Parameters.AddWithValue($"${index + 1}", value);
        using var reader = command.ExecuteReader();
        List<T> rows = [];
        while (reader.Read())
            rows.Add(read(reader));
        return rows;
    }
}

/// <summary>What an answer was stored with.</summary>
internal sealed record AnswerCost(string Model, int PromptTokens, int CompletionTokens, int EstimatedPromptTokens);
