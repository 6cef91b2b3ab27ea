using Clawdex.ServiceDefaults;
using Clawdex.ServiceDefaults.Settings;
using Clawdex.SessionService.Api;
using Clawdex.SessionService.Storage;
using Clawdex.SessionService.Storage.Sqlite;

var wantsBackup = DatabaseBackup.IsRequested(args, out var target, out var settings);
var builder = WebApplication.CreateBuilder(settings);
builder.AddServiceDefaults();
builder.AddSessionDatabase();
builder.AddSessions();

await using var app = builder.Build();
if (wantsBackup)
    return app.BackUpDatabase(target);
if (!app.HasValidSettings() || !await app.OpenDatabaseAsync())
    return 1;

app.MapGrpcService<SessionsGrpcService>();
app.MapDefaultEndpoints();
return await app.RunToEndAsync();
