using Clawdex.Emulators;
using Clawdex.LlmEmulator;

var builder = WebApplication.CreateSlimBuilder(args);
var options = builder.Configuration.GetSection("emulator").Get<LlmEmulatorOptions>() ?? new LlmEmulatorOptions();
var isDrawn = options.GeminiKey is null || options.OpenRouterKey is null;
var drawn = OwnSiteOnly.NewToken();
options.GeminiKey = KeyOf(options.GeminiKey);
options.OpenRouterKey = KeyOf(options.OpenRouterKey);
builder.AddLlmEmulator(options);

var app = builder.Build();
app.MapLlmEmulator();
if (isDrawn)
    app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine($"Models at {app.Urls.First()}, key {drawn}"));
app.Run();

// Where none is configured, a new one at each start, because other accounts of the machine reach the port, too. An empty one lets all in.
string? KeyOf(string? configured) => configured is null ? drawn : configured.Length > 0 ? configured : null;
