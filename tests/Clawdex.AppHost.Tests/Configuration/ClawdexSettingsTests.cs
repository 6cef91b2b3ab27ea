using Clawdex.AppHost.Configuration;
using Microsoft.Extensions.Configuration;

namespace Clawdex.AppHost.Tests.Configuration;

public sealed class ClawdexSettingsTests : IDisposable
{
    private readonly SettingsUnderTest _given = new();

    [Fact]
    public void An_empty_config_file_means_emulators()
    {
        var settings = _given.Loaded("{}");

        Assert.True(settings.EmulatesTelegram);
        Assert.True(settings.EmulatesModels);
    }

    [Fact]
    public void The_specifications_file_is_understood_with_comments_and_trailing_commas()
    {
        var settings = _given.Loaded("""
            {
              // my bot
              "agent": { "model": "gemini/gemini-2.5-flash", "maxHistoryMessages": 50, },
              "gemini": { "apiKey": "AIza-1" },
              "openrouter": { "apiKey": "sk-or-1" },
              "channels": { "telegram": { "botToken": "123:ABC", "allowedUsers": [7, 8] } },
            }
            """);

        Assert.Equal("123:ABC", settings.TelegramBotToken);
        Assert.Equal("AIza-1", settings.GeminiApiKey);
        Assert.Equal("sk-or-1", settings.OpenRouterApiKey);
        Assert.False(settings.EmulatesTelegram);
        Assert.False(settings.EmulatesModels);
    }

    [Fact]
    public void Secrets_are_never_among_the_values_that_are_handed_on()
    {
        var settings = _given.Loaded("""
            {
              "gemini": { "apiKey": "AIza-1", "baseUrl": "http://localhost:1" },
              "channels": { "telegram": { "botToken": "123:ABC", "allowedUsers": [7, 8], "limits": { "chatBurst": 3 } } }
            }
            """);

        Assert.Equal(
            [("channels:telegram:allowedUsers:0", "7"), ("channels:telegram:allowedUsers:1", "8"), ("channels:telegram:limits:chatBurst", "3")],
            settings.NonSecretsBelow("channels:telegram").Select(pair => (pair.Key, pair.Value)).Order());
        Assert.Equal([("gemini:baseUrl", "http://localhost:1")], settings.NonSecretsBelow("gemini").Select(pair => (pair.Key, pair.Value)));
    }

    [Fact]
    public void Malformed_json_is_an_error_that_names_the_file_and_the_line()
    {
        var error = _given.Refused("{\n  \"agent\": {\n    \"model\" \"x\"\n  }\n}");

        Assert.Contains($"{_given["config.json"]}, line 3:", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sessions:idleMinutes", "20000")]
    [InlineData("sessions:cacheMegabytes", "50000")]
    [InlineData("channels:telegram:allowedUsers:0", "-100123")]
    [InlineData("channels:telegram:limits:groupPerMinute", "2.5")]
    [InlineData("channels:telegram:webhookUrl", "https://x.example")]
    [InlineData("channels:telegram:webhookUrl", "https://x.example//tg")]
    [InlineData("channels:telegram:webhookUrl", "https://x.example/t%3Fg")]
    [InlineData("channels:telegram:webhookSecret", "a.b")]
    [InlineData("channels:telegram:apiBaseUrl", "http://127.0.0.1:9/x")]
    [InlineData("channels:telegram:botToken", "123:AB.CD")]
    [InlineData("gemini:apiKey", "schlüssel")]
    [InlineData("openrouter:baseUrl", "http://u:p@127.0.0.1/v1")]
    [InlineData("openrouter:baseUrl", "http://127.0.0.1/v1?key=p")]
    [InlineData("agent:model", "gemini/")]
    [InlineData("agent:model", "a b")]
    [InlineData("agent:limits:maxOutputTokens", "1000001")]
    [InlineData("llm:fallbackModels:0", "gemini/")]
    [InlineData("emulators:delayMs", "60001")]
    [InlineData("ConnectionStrings:sessions", "Data Source=/x/clawdex.db")]
    public void What_a_service_refuses_the_start_refuses(string key, string value)
    {
        var error = SettingsUnderTest.RefusedIn(new() { ["CLAWDEX_CONFIG_PATH"] = _given.EmptyFile(), ["channels:telegram:botToken"] = "123:ABC", [key] = value });

        Assert.Contains($"  - {key} ", error, StringComparison.Ordinal);
        // The example in the sentence about models begins like the value.
        Assert.True(key.StartsWith("agent:", StringComparison.Ordinal) || !error.Contains(value, StringComparison.Ordinal), error);
    }

    [Theory]
    [InlineData("""{ "local": { "postgres": true }, "ConnectionStrings": { "sessions": "Host=db.example" } }""", "local:postgres starts a server, and ConnectionStrings:sessions names another one; remove one of them")]
    [InlineData("""{ "local": { "postgres": "yes" } }""", "local:postgres must be true or false")]
    [InlineData("""{ "local": { "replicas": 2 } }""", "local:replicas needs PostgreSQL: set ConnectionStrings:sessions to a server (Host=...), or local:postgres=true where containers can run")]
    [InlineData("""{ "local": { "replicas": 17, "postgres": true } }""", "local:replicas must be a whole number from 1 to 16")]
    [InlineData("""{ "local": { "replicas": 2, "postgres": true }, "channels": { "telegram": { "botToken": "1:a" } } }""", "local:replicas needs an owner whom every gateway knows: name him in channels:telegram:allowedUsers, or set channels:telegram:claim")]
    public void Several_of_a_service_or_a_server_in_a_container_that_cannot_be_are_refused_by_their_key(string json, string problem) =>
        Assert.Equal($"Clawdex cannot start:\n  - {problem}\n", _given.Refused(json));

    [Theory]
    [InlineData("""{ "local": { "replicas": 1 } }""")]
    [InlineData("""{ "local": { "replicas": 16, "postgres": true } }""")]
    [InlineData("""{ "local": { "replicas": 2 }, "ConnectionStrings": { "sessions": "Host=db.example" }, "channels": { "telegram": { "botToken": "1:a", "allowedUsers": [7] } } }""")]
    public void Several_of_a_service_with_PostgreSQL_are_fine(string json) => _given.Loaded(json);

    [Theory]
    [InlineData("""{ "openrouter": { "apiKey": "k", "baseUrl": "http://models.example/v1", AND }, "agent": { "model": "a/b" } }""", "openrouter:baseUrl", "openrouter:allowInsecure")]
    [InlineData("""{ "gemini": { "apiKey": "k", "baseUrl": "http://192.168.1.5", AND } }""", "gemini:baseUrl", "gemini:allowInsecure")]
    [InlineData("""{ "channels": { "telegram": { "botToken": "1:a", "apiBaseUrl": "http://bots.example", AND } } }""", "channels:telegram:apiBaseUrl", "channels:telegram:allowInsecure")]
    public void What_would_travel_readable_to_another_machine_needs_permission(string json, string key, string permission)
    {
        Assert.Contains(
            $"  - {key} sends keys and conversations to another machine in plain text; use https, or permit it with {permission}=true",
            _given.Refused(json.Replace(", AND", "", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains($"{permission} must be true or false", _given.Refused(json.Replace("AND", "\"allowInsecure\": \"yes\"", StringComparison.Ordinal)), StringComparison.Ordinal);
        _given.Loaded(json.Replace("AND", "\"allowInsecure\": true", StringComparison.Ordinal));
        _given.Loaded(json.Replace("AND", "\"allowInsecure\": \" True \"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\"botToken\": \"1:a\"")]
    [InlineData("\"botToken\": \"1:a\", \"apiBaseUrl\": \"https://bots.example\"")]
    [InlineData("\"botToken\": \"1:a\", \"allowedUsers\": [7]")]
    [InlineData("\"allowedUsers\": [7]")]
    public void Everyone_cannot_own_a_bot_that_all_of_Telegram_can_write_to(string settings)
    {
        const string json = """{ "channels": { "telegram": { "everyoneIsOwner": true, BOT } } }""";

        Assert.Contains("  - channels:telegram:everyoneIsOwner is for an emulator on this machine", _given.Refused(json.Replace("BOT", settings, StringComparison.Ordinal)), StringComparison.Ordinal);
        _given.Loaded(json.Replace("BOT", "\"botToken\": \"1:a\", \"apiBaseUrl\": \"http://localhost:8081\"", StringComparison.Ordinal));
    }

    [Fact]
    public void A_tilde_is_the_home_folder()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

        Assert.Equal(home, _given.Loaded("""{ "sessions": { "dataDirectory": "~" } }""").DataDirectory);
        Assert.Equal(Path.Combine(home, "x"), _given.Loaded("""{ "sessions": { "dataDirectory": "~/x" } }""").DataDirectory);
        Assert.Contains($"CLAWDEX_CONFIG_PATH names {Path.Combine(home, "no-such-clawdex.json")}, which", SettingsUnderTest.RefusedIn(new() { ["CLAWDEX_CONFIG_PATH"] = "~/no-such-clawdex.json" }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_stands_twice_is_an_error_that_names_file_and_key()
    {
        var error = _given.Refused("""{ "gemini": { "apiKey": "AIza-1", "APIKEY": "AIza-2" } }""");

        Assert.Contains(_given["config.json"], error, StringComparison.Ordinal);
        Assert.Contains("gemini:apikey", error, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("AIza", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=db;Password=hush;Foo=Bar")]
    [InlineData("Host=db;Password=hush;Port=abc")]
    public void A_PostgreSQL_server_that_the_session_service_refuses_the_start_refuses(string connection)
    {
        var error = SettingsUnderTest.RefusedIn(new() { ["CLAWDEX_CONFIG_PATH"] = _given.EmptyFile(), ["ConnectionStrings:sessions"] = connection });

        Assert.Contains("  - ConnectionStrings:sessions: ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_config_path_that_names_no_file_is_an_error()
    {
        var error = SettingsUnderTest.RefusedIn(new() { ["CLAWDEX_CONFIG_PATH"] = _given["missing.json"] });

        Assert.Contains(_given["missing.json"], error, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_problem_is_listed_by_its_key_and_no_secret_is_printed()
    {
        var error = _given.Refused("""
            {
              "agent": { "model": "", "maxHistoryMessages": "many", "contextWindowPercent": 101 },
              "gemini": { "apiKey": "AIza top secret", "baseUrl": "localhost" },
              "channels": { "telegram": { "botToken": "no-token-secret", "allowedUsers": "everyone", "editChars": { "a": 1 } } },
              "sessions": { "idleMinutes": 0 }
            }
            """);

        string[] keys =
        [
            "agent:model is blank", "agent:maxHistoryMessages must be a whole number", "agent:contextWindowPercent must be",
            "gemini:apiKey contains a blank", "gemini:baseUrl must be an absolute", "channels:telegram:botToken is not a bot token",
            "channels:telegram:allowedUsers must be a list", "channels:telegram:editChars must be a single value", "sessions:idleMinutes must be",
        ];
        Assert.All(keys, key => Assert.Contains($"  - {key}", error, StringComparison.Ordinal));
        Assert.DoesNotContain("top secret", error, StringComparison.Ordinal);
        Assert.DoesNotContain("no-token-secret", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    public void A_blank_token_is_an_error_and_never_means_the_emulator(string token)
    {
        var error = _given.Refused($$"""{ "channels": { "telegram": { "botToken": "{{token}}" } } }""");

        Assert.Contains("channels:telegram:botToken is blank", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Environment_beats_fall_back_variables_and_these_beat_the_file()
    {
        File.WriteAllText(_given["config.json"], """{ "gemini": { "apiKey": "file" }, "openrouter": { "apiKey": "file" }, "agent": { "model": "file" } }""");

        var settings = SettingsUnderTest.Load(new()
        {
            ["CLAWDEX_CONFIG_PATH"] = _given["config.json"],
            ["GEMINI_API_KEY"] = "fall-back",
            ["OPENROUTER_API_KEY"] = "fall-back",
            ["openrouter:apiKey"] = "environment",
        }).Settings;

        Assert.NotNull(settings);
        Assert.Equal(("fall-back", "environment", "file"), (settings.GeminiApiKey, settings.OpenRouterApiKey, settings["agent:model"]));
    }

    /// <summary>Aspire sets the step of a pipeline so; who forgets it runs every step, and waits for Docker without end.</summary>
    [Fact]
    public void What_was_set_by_hand_before_is_still_set_afterwards()
    {
        File.WriteAllText(_given["config.json"], """{ "agent": { "model": "file" } }""");
        using var configuration = new ConfigurationManager();
        configuration.AddInMemoryCollection([new("CLAWDEX_CONFIG_PATH", _given["config.json"]), new("emulators:chatPort", "0")]);
        configuration["Pipeline:Step"] = "publish-manifest";

        Assert.True(ClawdexSettings.TryLoad(configuration, TextWriter.Null, out var settings));

        Assert.Equal(("file", "publish-manifest"), (settings["agent:model"], configuration["Pipeline:Step"]));
    }

    [Fact]
    public void A_blank_beside_a_value_is_read_here_as_the_services_read_it() =>
        Assert.True(_given.Loaded("""{ "local": { "postgres": "true " } }""").StartsPostgres);

    [Fact]
    public void A_taken_chat_port_is_an_error_that_names_it()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;

        var error = SettingsUnderTest.RefusedIn(new() { ["CLAWDEX_CONFIG_PATH"] = _given.EmptyFile(), ["emulators:chatPort"] = $"{port}" });

        Assert.Contains($"port {port} is taken", error, StringComparison.Ordinal);
        Assert.Contains($"--emulators:chatPort={port + 1}", error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_port_that_is_named_instead_of_the_last_one_is_one_that_there_is()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 65_535);
        // Another program may have it; then it is as taken.
        _ = Record.Exception(listener.Start);

        var error = SettingsUnderTest.RefusedIn(new() { ["CLAWDEX_CONFIG_PATH"] = _given.EmptyFile(), ["emulators:chatPort"] = "65535" });

        Assert.Contains("another port: dotnet run --project Clawdex.AppHost -- --emulators:chatPort=8790", error, StringComparison.Ordinal);
    }

    public void Dispose() => _given.Dispose();
}
