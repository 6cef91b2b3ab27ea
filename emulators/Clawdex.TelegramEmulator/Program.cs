using Clawdex.TelegramEmulator;

// Settings of another program in the working folder are none of ours.
var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning).AddFilter("System.Net.Http", LogLevel.Warning);
builder.Services.AddTelegramEmulator();
builder.Services.Configure<TelegramEmulatorOptions>(options => (options.FirstChat, options.OutlivesBot) = ("You", true));
builder.Services.Configure<TelegramEmulatorOptions>(builder.Configuration.GetSection(TelegramEmulatorOptions.Section));

var app = builder.Build();
app.MapTelegramEmulator();
app.PrintWhatWasDrawn();
app.Run();
