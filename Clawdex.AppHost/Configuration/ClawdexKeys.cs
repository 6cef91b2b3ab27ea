using System.ComponentModel.DataAnnotations;
using Clawdex.Gateway;
using Clawdex.LlmService;
using Clawdex.LlmService.Providers;
using Clawdex.ServiceDefaults.Calls;
using Clawdex.ServiceDefaults.Settings;
using Clawdex.SessionService;

namespace Clawdex.AppHost.Configuration;

/// <summary>Every key of Clawdex, as the options classes of the services and of this process declare them.</summary>
internal static class ClawdexKeys
{
    public static SettingKeys Known { get; } = new(
    [
        .. SettingKey.Of(new AgentOptions(), AgentOptions.Section),
        .. SettingKey.Of(new ProviderOptions(), ProviderNames.Gemini),
        .. SettingKey.Of(new ProviderOptions(), ProviderNames.OpenRouter),
        .. SettingKey.Of(new LlmOptions(), LlmOptions.Section),
        .. SettingKey.Of(new TelegramOptions(), TelegramOptions.Section),
        .. SettingKey.Of(new SessionsOptions(), SessionsOptions.Section),
        .. SettingKey.Of(new StoreOptions(), StoreOptions.Section),
        .. SettingKey.Of(new CallSettings(), CallSettings.Section),
        .. SettingKey.Of(new EmulatorsOptions(), EmulatorsOptions.Section),
        .. SettingKey.Of(new LocalOptions(), LocalOptions.Section),
    ]);

    /// <summary>Whether a top-level key of the config file is one of Clawdex's sections.</summary>
    public static bool IsSection(string name) =>
        Known.All.Any(key => key.Name.StartsWith($"{name}:", StringComparison.OrdinalIgnoreCase));
}

/// <summary>What the AppHost tells the emulators that it starts.</summary>
internal sealed class EmulatorsOptions
{
    public const string Section = "emulators";

    /// <summary>TCP port of the Telegram emulator's chat page; 0 = any free one.</summary>
    [Range(0, 65_535)]
    public int ChatPort { get; set; } = 8790;

    /// <summary>Milliseconds between two words of the LLM emulator's answer.</summary>
    [Range(0, 60_000)]
    public int DelayMs { get; set; } = 40;
}

/// <summary>What the AppHost starts on this machine beside the defaults. A deployment decides by itself.</summary>
internal sealed class LocalOptions
{
    public const string Section = "local";

    /// <summary>Whether PostgreSQL is started in a container, and keeps the conversations.</summary>
    public bool Postgres { get; set; }

    /// <summary>Processes of each service.</summary>
    [Range(1, 16)]
    public int Replicas { get; set; } = 1;
}
