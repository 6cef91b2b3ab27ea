using Clawdex.ServiceDefaults;
using Clawdex.ServiceDefaults.Settings;
using Clawdex.SessionService;
using Clawdex.SessionService.Api;
using Clawdex.SessionService.Storage;
using Clawdex.SessionService.Storage.Postgres;

var command = DatabaseCommand.Parse(args, out var settings);
var builder = WebApplication.CreateBuilder(settings);
if (HealthCommand.IsIn(args))
    return await HealthCommand.RunAsync(builder.Configuration);
builder.AddServiceDefaults();
builder.AddSessions();

await using var app = builder.TryBuild();
if (app is null)
    return 1;
if (command is not null)
    return await command.RunAsync(app.Services, CancellationToken.None);
if (!app.HasValidSettings(PostgresStore.ProblemOf) || !await app.Services.GetRequiredService<IDatabaseOpening>().RunAsync(app.Lifetime.ApplicationStopping))
    return 1;

app.MapGrpcService<SessionsGrpcService>();
app.MapDefaultEndpoints();
return await app.RunToEndAsync();
