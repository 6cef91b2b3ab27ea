using Clawdex.LlmEmulator;

var builder = WebApplication.CreateSlimBuilder(args);
builder.AddLlmEmulator(builder.Configuration.GetSection("emulator").Get<LlmEmulatorOptions>() ?? new LlmEmulatorOptions());

var app = builder.Build();
app.MapLlmEmulator();
app.Run();
