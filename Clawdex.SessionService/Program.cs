using Clawdex.ServiceDefaults;
using Clawdex.ServiceDefaults.Settings;
using Clawdex.SessionService;
using Clawdex.SessionService.Api;
using Clawdex.SessionService.Storage.Sqlite;

var wantsBackup = DatabaseBackup.IsRequested(args, out var target, out var settings);
var builder = WebApplication.CreateBuilder(settings);
builder.AddServiceDefaults();
builder.AddSessions();

await using var app = builder.Build();
if (wantsBackup)
    return DatabaseBackup.Run(app.Services.GetRequiredService<DatabaseFile>(), target);
if (!app.HasValidSettings() || !await app.Services.GetRequiredService<DatabaseOpening>().RunAsync(app.Lifetime.ApplicationStopping))
    return 1;

app.MapGrpcService<SessionsGrpcService>();
app.MapDefaultEndpoints();
return await app.RunToEndAsync();
