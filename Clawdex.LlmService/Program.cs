using Clawdex.LlmService;
using Clawdex.LlmService.Api;
using Clawdex.ServiceDefaults;
using Clawdex.ServiceDefaults.Settings;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.Services.AddLlmOptions();
builder.Services.AddProviders();
builder.Services.AddChats();
builder.Services.AddCatalogue();
builder.Services.AddGrpcServer();

var app = builder.Build();
if (!app.HasValidSettings())
    return 1;

app.MapGrpcService<LlmGrpcService>();
app.MapDefaultEndpoints();
return await app.RunToEndAsync();
