using Clawdex.Gateway.Commands;
using Clawdex.Gateway.Telegram;
using Clawdex.Gateway.Turns;
using Clawdex.Gateway.Updates;
using Clawdex.ServiceDefaults;
using Clawdex.ServiceDefaults.Settings;

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults();
builder.Services.AddTelegram();
builder.Services.AddBackends();
builder.Services.AddTurns();
builder.Services.AddCommands();
builder.Services.AddInbound();

var app = builder.Build();
if (!app.HasValidSettings())
    return 1;

app.MapWebhook();
app.MapBotLink();
app.MapDefaultEndpoints();
return await app.RunToEndAsync();
