using Clawdex.Emulators;
using Clawdex.LlmEmulator.Control;
using Clawdex.LlmEmulator.Requests;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmEmulator.Wire;

namespace Clawdex.LlmEmulator;

/// <summary>What the emulator is made of, for the program and for <see cref="LlmEmulatorHost"/> alike.</summary>
internal static class LlmEmulatorApp
{
    public static void AddLlmEmulator(this WebApplicationBuilder builder, LlmEmulatorOptions options)
    {
        builder.WebHost
            // A flush returns when the socket has taken the bytes, so that a cut comes after what was said before it.
            .UseSockets(sockets => sockets.MaxWriteBufferSize = 1)
            .ConfigureKestrel(kestrel =>
            {
                kestrel.Limits.MaxRequestBodySize = null;
                // A client may read as slowly as it likes.
                kestrel.Limits.MinResponseDataRate = null;
            });
        builder.Services
            .AddSingleton(options)
            .AddSingleton<RequestLog>()
            .AddSingleton<ScriptQueue>()
            .AddSingleton<ProviderEndpoints>()
            .AddSingleton<ControlEndpoints>();
    }

    public static void MapLlmEmulator(this WebApplication app)
    {
        app.UseOwnSiteOnly(app.Services.GetRequiredService<LlmEmulatorOptions>().Host);
        app.Services.GetRequiredService<ProviderEndpoints>().Map(app);
        app.Services.GetRequiredService<ControlEndpoints>().Map(app);
        app.MapGet("/health", () => "Healthy");
        app.MapGet("/alive", () => "Healthy");
    }
}
