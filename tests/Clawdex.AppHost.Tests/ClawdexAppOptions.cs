using Clawdex.TelegramEmulator;
using Clawdex.Testing;
using Microsoft.Extensions.Logging;

namespace Clawdex.AppHost.Tests;

/// <summary>How a system under test differs from the default one.</summary>
internal sealed record ClawdexAppOptions
{
    /// <summary>Settings of the product, as <c>key=value</c>.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>The server that keeps the conversations; null = a SQLite file does.</summary>
    public LocalPostgres? Postgres { get; init; }

    /// <summary>Null = all defaults.</summary>
    public TelegramEmulatorOptions? Telegram { get; init; }

    /// <summary>Environment variables of every service. Without an address for telemetry here, none is sent.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>Runs the dashboard, and sends all telemetry there.</summary>
    public bool Dashboard { get; init; }

    public string GeminiKey { get; init; } = "gemini-key";

    public string OpenRouterKey { get; init; } = "openrouter-key";

    /// <summary>Hears what the services and the orchestrator write; null = nobody does.</summary>
    public ILoggerProvider? Log { get; init; }
}
