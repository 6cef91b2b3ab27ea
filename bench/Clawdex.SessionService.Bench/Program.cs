using System.Diagnostics;
using System.Globalization;
using Clawdex.SessionService.Bench;
using Microsoft.Data.Sqlite;
using Wire = Clawdex.Sessions.V1;

// usage: dotnet run -c Release --project bench/Clawdex.SessionService.Bench [secret | millions [sessions] [seconds] | sessions of the large database]
if (args is ["secret"])
{
    await SecretCost.RunAsync();
    return;
}

if (args is ["millions", .. var sizes])
{
    using var stop = new CancellationTokenSource();
    Console.CancelKeyPress += (_, press) =>
    {
        press.Cancel = true;
        stop.Cancel();
    };
    await Millions.RunAsync(sizes, stop.Token);
    return;
}

var sessions = args is [var count] ? int.Parse(count, CultureInfo.InvariantCulture) : 100_000;
var folder = Directory.CreateTempSubdirectory("clawdex-bench-");
try
{
    await AcceptAsync(Path.Combine(folder.FullName, "accept.db"));
    await ContextAsync(Path.Combine(folder.FullName, "context.db"), sessions);
}
finally
{
    folder.Delete(recursive: true);
}

static async Task AcceptAsync(string path)
{
    var bare = await BareInsertAsync(path + ".bare");
    Console.WriteLine($"bare INSERT with fsync        {bare}");
    await using var host = await BenchHost.StartAsync(path);
    Task CallAsync(int i) => host.Client.AcceptMessageAsync(new Wire.AcceptMessageRequest
    {
        Session = Id(i % 1000),
        SourceId = $"{i}",
        Text = new string('x', 200),
        Budget = new Wire.Budget { UserId = 1 + (i % 1000), UserLimit = 2_000_000_000, TotalLimit = 2_000_000_000, ReserveTokens = 8_200, MaxHistoryMessages = 50 },
    }).ResponseAsync;

    await Measure.RunAsync(9_000, 8, i => CallAsync(i));
    Report("AcceptMessage, 1 caller", await Measure.RunAsync(3000, 1, i => CallAsync(10_000 + i)), bare);
    Report("AcceptMessage, 64 callers", await Measure.RunAsync(30_000, 64, i => CallAsync(100_000 + i)), bare);
}

static async Task<Measurement> BareInsertAsync(string path)
{
    using var connection = new SqliteConnection($"Data Source={path};Pooling=false");
    connection.Open();
    using var command = connection.CreateCommand();
    command.CommandText = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE messages (id INTEGER PRIMARY KEY, content TEXT)";
    command.ExecuteNonQuery();
    command.CommandText = "INSERT INTO messages (content) VALUES ($1)";
    command.Parameters.AddWithValue("$1", new string('x', 200));
    command.Prepare();
    Task CallAsync()
    {
        command.ExecuteNonQuery();
        return Task.CompletedTask;
    }

    await Measure.RunAsync(500, 1, _ => CallAsync());
    return await Measure.RunAsync(5000, 1, _ => CallAsync());
}

static async Task ContextAsync(string path, int sessions)
{
    await using (await BenchHost.StartAsync(path))
    {
        // Creates the schema.
    }

    Seed.Fill(path, sessions);
    Console.WriteLine($"{sessions} sessions of {Seed.MessagesPerSession} messages: {new FileInfo(path).Length / 1024 / 1024} MB");

    await using (var empty = await BenchHost.StartEmptyAsync())
    await using (var host = await BenchHost.StartAsync(path))
    {
        await Measure.RunAsync(5000, 1, i => GetContextAsync(empty, 1));
        await Measure.RunAsync(5000, 1, i => GetContextAsync(host, 1 + (i % 100)));
        var nothing = await Measure.RunAsync(10_000, 1, _ => GetContextAsync(empty, 1));
        Console.WriteLine($"empty gRPC call               {nothing}");
        var full = await Measure.RunAsync(10_000, 1, _ => empty.Client.GetContextAsync(new Wire.GetContextRequest { SessionKey = BenchHost.EmptySessions.FullKey }).ResponseAsync);
        Report("the same answer, a constant", full, nothing);
        var hit = await Measure.RunAsync(10_000, 1, i => GetContextAsync(host, 1 + (i % 100)));
        Report("GetContext, hit", hit, nothing);
        var step = Math.Max(1, (sessions - 200) / 3000);
        var cold = await Measure.RunAsync(3000, 1, i => GetContextAsync(host, 200 + (i * step)));
        Report("GetContext, cold (of a hit)", cold, hit);
    }

    await MemoryAsync(path);
}

static async Task MemoryAsync(string path)
{
    using var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Clawdex.SessionService.dll")])
    {
        RedirectStandardOutput = true,
        WorkingDirectory = AppContext.BaseDirectory,
        Environment =
        {
            ["ConnectionStrings__sessions"] = $"Data Source={path}",
            ["sessions__cacheMegabytes"] = "1024",
            ["Kestrel__Endpoints__grpc__Url"] = "http://127.0.0.1:0",
            ["Kestrel__Endpoints__http__Url"] = "http://127.0.0.1:0",
        },
    }) ?? throw new InvalidOperationException("The service did not start.");
    try
    {
        const string listening = "Now listening on: ";
        string? line;
        do
        {
            line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The service ended.");
        }
        while (!line.Contains(listening, StringComparison.Ordinal));
        using var channel = Grpc.Net.Client.GrpcChannel.ForAddress(line[(line.IndexOf(listening, StringComparison.Ordinal) + listening.Length)..]);
        var client = new Wire.Sessions.SessionsClient(channel);
        Console.WriteLine($"resident when started         {Resident(process)} MB");
        await Measure.RunAsync(10_000, 4, i => client.GetContextAsync(Request(i + 1)).ResponseAsync);
        Console.WriteLine($"resident with 10,000 sessions {Resident(process)} MB");
    }
    finally
    {
        process.Kill();
        await process.WaitForExitAsync();
    }
}

static long Resident(Process process)
{
    process.Refresh();
    return process.WorkingSet64 / 1024 / 1024;
}

static Task GetContextAsync(BenchHost host, int session) => host.Client.GetContextAsync(Request(session)).ResponseAsync;

static Wire.GetContextRequest Request(int session) => new()
{
    SessionKey = $"bench:{session}",
    SystemPrompt = "You are a helpful assistant.",
    ContextWindow = 1_000_000,
    ContextWindowPercent = 80,
    MaxHistoryMessages = 50,
};

static Wire.SessionId Id(int session) => new() { SessionKey = $"bench:{session}", Channel = "bench", ChatId = $"{session}" };

static void Report(string name, Measurement measured, Measurement reference) =>
    Console.WriteLine(FormattableString.Invariant($"{name,-29} {measured}  x{measured.P50 / reference.P50:F2} at p50, x{measured.PerSecond / reference.PerSecond:F2} in rate"));
