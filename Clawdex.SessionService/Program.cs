using Clawdex.ServiceDefaults;
using Clawdex.SessionService.Api;
using Clawdex.SessionService.Data;
using Clawdex.SessionService.Sessions;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddSessionDatabase();
builder.AddSessions();

await using var app = builder.Build();
if (!await app.OpenDatabaseAsync())
    return 1;

app.MapGrpcService<SessionsGrpcService>();
app.MapDefaultEndpoints();
await app.RunAsync();
return 0;
